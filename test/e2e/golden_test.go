//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGoldenIsAccepted has a real API server judge all that the golden files of
// run and rerun hold, by a server-side dry run of kubectl apply.
func TestGoldenIsAccepted(t *testing.T) {
	s := connect(t)
	namespace, dir := s.namespace(t, "golden"), t.TempDir()
	files, err := filepath.Glob("../../pkg/cmd/testdata/run/*.yaml")
	check(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		check(t, err)
		changed := strings.ReplaceAll(string(text), "namespace: lab", "namespace: "+namespace)
		check(t, os.WriteFile(filepath.Join(dir, filepath.Base(file)), []byte(changed), 0o600))
	}
	out := s.kubectl("apply", "--dry-run=server", "-n", namespace, "-f", dir)
	if jobs := strings.Count(out, "job.batch/"); strings.Contains(out, "rror") || jobs != len(files) || jobs < 70 {
		t.Errorf("%d files, %d jobs were taken:\n%s", len(files), jobs, out)
	}
}
