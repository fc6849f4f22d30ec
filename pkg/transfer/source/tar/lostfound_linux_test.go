package tar_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// The directory lost+found that a file system creates in its root is skipped. One that others can enter is copied.
func TestLostAndFoundOfTheFileSystemIsSkipped(t *testing.T) {
	for name, test := range map[string]struct {
		mode    os.FileMode
		want    filetree.Tree
		skipped []transfer.Refusal
	}{
		"of the file system": {
			0o700,
			filetree.Tree{"a b": filetree.File("a")},
			[]transfer.Refusal{{Path: "lost+found", Reason: "belongs to the file system, not to the results"}},
		},
		"open to others": {0o755, filetree.Tree{"a b": filetree.File("a"), "lost+found/x": filetree.File("x")}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			root := remote(t, filetree.Tree{})
			if err := syscall.Mount("none", root, "tmpfs", 0, ""); err != nil {
				t.Skip("this user cannot mount: ", err)
			}
			t.Cleanup(func() { _ = syscall.Unmount(root, syscall.MNT_DETACH) })
			filetree.Write(t, root, filetree.Tree{"a b": filetree.File("a"), "lost+found/x": filetree.File("x")})
			if err := os.Chmod(filepath.Join(root, "lost+found"), test.mode); err != nil {
				t.Fatal(err)
			}
			for name, executor := range executors(t) {
				if strings.HasPrefix(name, "plain/") && len(test.skipped) > 0 {
					continue // without ls the script cannot know whose directory it is, and copies it
				}
				t.Run(name, func(t *testing.T) {
					req := request(t, executor, root)
					result, err := transfer.Fetch(t.Context(), req)
					if err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(test.want, files(filetree.Read(t, req.Dir))); diff != "" {
						t.Error("-want +got:\n", diff)
					}
					if diff := cmp.Diff(test.skipped, result.Skipped); diff != "" || !result.Whole() {
						t.Errorf("%+v; -want +got:\n%s", result, diff)
					}
				})
			}
		})
	}
}
