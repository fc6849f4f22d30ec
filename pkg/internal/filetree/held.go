package filetree

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// held is what the system here keeps of n: Windows knows of a mode only whether a
// file may be written to, and counts time in steps of 100 ns.
func held(n Node) Node {
	if runtime.GOOS != "windows" {
		return n
	}
	n.Time = n.Time.Truncate(100 * time.Nanosecond)
	switch {
	case n.Kind == "dir":
		n.Mode = "0777"
	case n.Kind == "file" && len(n.Mode) == 4 && n.Mode[1]&2 == 0:
		n.Mode = "0444"
	case n.Kind == "file":
		n.Mode = "0666"
	}
	return n
}

// HasSymlinks reports whether this user can make symlinks here: on Windows that is
// a right.
func HasSymlinks(tb testing.TB) bool {
	tb.Helper()
	link := filepath.Join(tb.TempDir(), "link")
	if err := os.Symlink("target", link); err != nil {
		return false
	}
	target, err := os.Readlink(link)
	return err == nil && target == "target"
}

// NeedSymlinks skips the test if this user cannot create symbolic links.
func NeedSymlinks(tb testing.TB) {
	tb.Helper()
	if !HasSymlinks(tb) {
		tb.Skip("this user cannot create symlinks on this system")
	}
}
