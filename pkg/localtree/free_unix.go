//go:build linux || darwin

package localtree

import "golang.org/x/sys/unix"

func free(dir string) (uint64, bool) {
	var st unix.Statfs_t
	// Some network and FUSE file systems know no size, and say 0.
	if err := unix.Statfs(dir, &st); err != nil || st.Blocks == 0 {
		return 0, false
	}
	return st.Bavail * uint64(st.Bsize), true
}

func freeInodes(dir string) (uint64, bool) {
	var st unix.Statfs_t
	// File systems that make inodes as they need them say 0 of 0.
	if err := unix.Statfs(dir, &st); err != nil || st.Files == 0 {
		return 0, false
	}
	return st.Ffree, true
}
