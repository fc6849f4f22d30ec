package filetree

import (
	"os"
	"syscall"
	"testing"
)

// memory is where Linux has a file system in memory, and enough how much of it must be free, in bytes.
const (
	memory = "/dev/shm"
	enough = 256 << 20
)

// QuickDir is TempDir in memory, for trees of many small files: a disk can take a millisecond for each file. It is
// TempDir where memory has no room.
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
