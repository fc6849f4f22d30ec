//go:build unix && (!linux || portable)

package localtree

import (
	"io/fs"
	"os"
	"syscall"
)

// owned reports whether info is of a file of this user that has one name.
func owned(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && st.Nlink == 1 && int(st.Uid) == os.Geteuid()
}
