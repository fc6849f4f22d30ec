package server

import (
	"io/fs"
	"syscall"
	"time"
)

// identity returns the device and inode of a file with several names, 0 for other files.
func identity(info fs.FileInfo) (device, inode uint64) {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && stat.Nlink > 1 {
		return stat.Dev, stat.Ino
	}
	return 0, 0
}

// position is the device and inode of any file.
func position(info fs.FileInfo) (device, inode uint64) {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return stat.Dev, stat.Ino
	}
	return 0, 0
}

// ownerOf is the user ID of a file's owner.
func ownerOf(info fs.FileInfo) int {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(stat.Uid)
	}
	return -1
}

// changedAt is when anything of the file was last changed, its times included.
func changedAt(info fs.FileInfo) time.Time {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(stat.Ctim.Unix())
	}
	return info.ModTime()
}

// stored is how many bytes of disk the content of a file takes, at most its size.
func stored(info fs.FileInfo) int64 {
	const unit = 512
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return min(stat.Blocks*unit, stat.Size)
	}
	return info.Size()
}
