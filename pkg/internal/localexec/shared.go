package localexec

import (
	"os"
	"runtime"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
)

// NeedLinux skips the test on other systems: the scripts are for pods, and the tools of
// other systems differ.
func NeedLinux(tb testing.TB) {
	tb.Helper()
	if runtime.GOOS != "linux" {
		tb.Skip("pod scripts are tested on Linux only")
	}
}

// SharedDir is t.TempDir for commands of another user, who cannot enter the latter.
func SharedDir(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "shared-*") //nolint:usetesting // only its owner can enter t.TempDir
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	filetree.Unlock(tb, dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		tb.Fatal(err)
	}
	return dir
}
