//go:build !linux

package filetree

import "testing"

// QuickDir is TempDir: this system has no file system in memory that every user can write to.
func QuickDir(tb testing.TB) string {
	tb.Helper()
	return TempDir(tb)
}
