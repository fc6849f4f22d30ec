package server_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/agenttest"
	"github.com/kubectl-batch/kubectl-batch/pkg/agent/server"
)

// The directory lost+found that a file system creates in its root is skipped. A user's own directory of that name is listed.
func TestLostAndFoundOfTheFileSystemIsSkipped(t *testing.T) {
	const skipped = "belongs to the file system, not to the results"
	for name, test := range map[string]struct {
		owner   int
		mode    os.FileMode
		mounted bool
		want    map[string]string
	}{
		"of the file system": {0, 0o700, true, map[string]string{".": "", "lost+found": skipped, "x": ""}},
		"open to others":     {0, 0o755, true, map[string]string{".": "", "lost+found": "", "lost+found/x": "", "x": ""}},
		"of a user":          {1000, 0o700, true, map[string]string{".": "", "lost+found": "", "lost+found/x": "", "x": ""}},
		"of a sub-path":      {0, 0o700, false, map[string]string{".": "", "lost+found": "", "lost+found/x": "", "x": ""}},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			mount(t, root)
			if !test.mounted {
				root = filepath.Join(root, "sub")
			}
			lost := filepath.Join(root, "lost+found")
			check(t, os.MkdirAll(lost, 0o755))
			check(t, os.WriteFile(filepath.Join(root, "x"), nil, 0o600))
			check(t, os.WriteFile(filepath.Join(lost, "x"), nil, 0o600))
			check(t, os.Chmod(lost, test.mode))
			check(t, os.Chown(lost, test.owner, test.owner))
			listed := map[string]string{}
			for _, node := range nodes(t, agenttest.Start(t, root, server.Options{}), ".") {
				listed[node.Path] = node.Skipped
			}
			if diff := cmp.Diff(test.want, listed); diff != "" {
				t.Error("-want +got:\n", diff)
			}
		})
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
