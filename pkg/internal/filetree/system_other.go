//go:build !unix

package filetree

import (
	"io/fs"
	"testing"
)

// Pipe skips the test.
func Pipe(tb testing.TB, _ string) {
	tb.Helper()
	tb.Skip("this system has no named pipes in directories")
}

// Socket makes a socket that no program listens on.
func Socket(tb testing.TB, _ string) {
	tb.Helper()
	tb.Skip("this system has no sockets in directories")
}

// Stored is not known here.
func Stored(fs.FileInfo) (bytes int64, ok bool) { return 0, false }
