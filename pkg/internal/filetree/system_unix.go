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

// Stored is how many bytes of disk a file takes.
func Stored(info fs.FileInfo) (bytes int64, known bool) {
	return info.Sys().(*syscall.Stat_t).Blocks * 512, true
}
