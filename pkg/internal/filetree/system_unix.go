//go:build unix

package filetree

import (
	"io/fs"
	"syscall"
	"testing"
)

// Pipe makes what is neither file, directory nor link.
func Pipe(tb testing.TB, name string) {
	tb.Helper()
	check(tb, syscall.Mkfifo(name, 0o666))
}

// Socket makes a socket that no program listens on.
func Socket(tb testing.TB, name string) {
	tb.Helper()
	if err := syscall.Mknod(name, syscall.S_IFSOCK|0o666, 0); err != nil {
		tb.Skip("this user cannot create a socket with mknod: ", err)
	}
}

// Stored returns how many bytes of disk a file occupies.
func Stored(info fs.FileInfo) (bytes int64, ok bool) {
	return info.Sys().(*syscall.Stat_t).Blocks * 512, true
}
