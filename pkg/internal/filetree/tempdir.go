package filetree

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// TempDir is t.TempDir for trees with directories that their owner cannot write
// to, which could not be removed otherwise.
func TempDir(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	Unlock(tb, dir)
	return dir
}

// Unlock makes every directory in dir writable at the end of the test, before
// what was registered earlier removes them.
func Unlock(tb testing.TB, dir string) {
	tb.Helper()
	tb.Cleanup(func() {
		_ = filepath.WalkDir(dir, func(name string, entry fs.DirEntry, _ error) error {
			if entry != nil && entry.IsDir() {
				_ = os.Chmod(name, 0o700)
			}
			return nil
		})
	})
}
