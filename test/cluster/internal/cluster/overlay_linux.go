package cluster

import "syscall"

// overlayMagic is the type that statfs reports for an overlay file system.
const overlayMagic = 0x794c7630

func onOverlay(dir string) bool {
	var fs syscall.Statfs_t
	return syscall.Statfs(dir, &fs) == nil && fs.Type == overlayMagic
}
