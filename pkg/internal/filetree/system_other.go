//go:build !unix

package filetree

import (
	"io/fs"
	"testing"
)

// Pipe skips the test.
func Pipe(tb testing.TB, _ string) {
	tb.Helper()
	tb.Skip("a folder cannot hold named pipes here")
}

// Socket makes a socket that no program listens on.
func Socket(tb testing.TB, _ string) {
	tb.Helper()
	tb.Skip("a folder cannot hold sockets here")
}

// Stored is not known here.
func Stored(fs.FileInfo) (bytes int64, known bool) { return 0, false }
