package transfer_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// asNobody calls do with the rights of a user who is not root. Only this thread has them.
func asNobody(t *testing.T, do func()) {
	t.Helper()
	if os.Getuid() != 0 {
		do()
		return
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const nobody = 65534
	if err := syscall.Setfsuid(nobody); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Setfsuid(0) }()
	do()
}

// The error about a directory that the user may not write to has its path and what to do.
func TestDirectoryWithoutPermission(t *testing.T) {
	req := requestOf(t, sends(directory("d")))
	closed, locks := t.TempDir(), t.TempDir()
	req.Dir, req.Receipts = closed, ""
	for dir, mode := range map[string]os.FileMode{filepath.Dir(closed): 0o755, closed: 0o555, locks: 0o777} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = os.Chmod(closed, 0o755) })
	prefix, suffix := "cannot create files in local directory "+closed+": ", ": permission denied; change its permissions, or use another directory with -d"
	check := func(err error) {
		t.Helper()
		if err == nil || !strings.HasPrefix(err.Error(), prefix) || !strings.HasSuffix(err.Error(), suffix) {
			t.Errorf("%v; want %q and %q", err, prefix, suffix)
		}
		compare(t, fs.ErrPermission, err, cmpopts.EquateErrors())
	}
	asNobody(t, func() {
		_, err := transfer.Reserve(filepath.Join(closed, "new", "deep"), locks)
		check(err)
		_, err = transfer.Fetch(t.Context(), req)
		check(err)
	})
}
