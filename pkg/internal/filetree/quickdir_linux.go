package filetree

import (
	"os"
	"syscall"
	"testing"
)

// memory is the mount point of Linux's file system in memory, and enough how much of it must be free, in bytes.
const (
	memory = "/dev/shm"
	enough = 256 << 20
)

// QuickDir is TempDir in memory, for trees of many small files: on a disk, a file can take a millisecond. It is
// TempDir if there is not enough free memory.
func QuickDir(tb testing.TB) string {
	tb.Helper()
	var room syscall.Statfs_t
	if err := syscall.Statfs(memory, &room); err != nil || room.Bavail*uint64(room.Bsize) < enough {
		return TempDir(tb)
	}
	dir, err := os.MkdirTemp(memory, "quick-*") //nolint:usetesting // that is on a disk
	if err != nil {
		return TempDir(tb)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	Unlock(tb, dir)
	// Commands of another user can enter it.
	if err := os.Chmod(dir, 0o755); err != nil {
		tb.Fatal(err)
	}
	return dir
}
