//go:build linux && !portable

package localtree

import (
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// status is what is known of a name.
type status struct {
	name    string
	size    int64
	mode    fs.FileMode
	modTime time.Time
	device  uint64
	inode   uint64
	links   uint64
	owner   uint32
}

func newStatus(name string, st *unix.Stat_t) *status {
	return &status{
		name: name, size: st.Size, mode: modeOf(st.Mode), modTime: time.Unix(st.Mtim.Unix()),
		device: st.Dev, inode: st.Ino, links: uint64(st.Nlink), owner: st.Uid, //nolint:unconvert // 32 bits on arm64
	}
}

func modeOf(bits uint32) fs.FileMode {
	mode := fs.FileMode(bits & 0o777)
	if bits&unix.S_ISUID != 0 {
		mode |= fs.ModeSetuid
	}
	if bits&unix.S_ISGID != 0 {
		mode |= fs.ModeSetgid
	}
	if bits&unix.S_ISVTX != 0 {
		mode |= fs.ModeSticky
	}
	switch bits & unix.S_IFMT {
	case unix.S_IFREG:
		return mode
	case unix.S_IFDIR:
		return mode | fs.ModeDir
	case unix.S_IFLNK:
		return mode | fs.ModeSymlink
	}
	return mode | fs.ModeIrregular // never read or replaced
}

// bitsOf is modeOf backwards, without the kind of file.
func bitsOf(mode fs.FileMode) uint32 {
	bits := uint32(mode.Perm())
	if mode&fs.ModeSetuid != 0 {
		bits |= unix.S_ISUID
	}
	if mode&fs.ModeSetgid != 0 {
		bits |= unix.S_ISGID
	}
	if mode&fs.ModeSticky != 0 {
		bits |= unix.S_ISVTX
	}
	return bits
}

// Name implements fs.FileInfo.
func (s *status) Name() string { return s.name }

// Size implements fs.FileInfo.
func (s *status) Size() int64 { return s.size }

// Mode implements fs.FileInfo.
func (s *status) Mode() fs.FileMode { return s.mode }

// ModTime implements fs.FileInfo.
func (s *status) ModTime() time.Time { return s.modTime }

// IsDir implements fs.FileInfo.
func (s *status) IsDir() bool { return s.mode.IsDir() }

// Sys implements fs.FileInfo. It gives nothing.
func (s *status) Sys() any { return nil }

// isSameFile reports whether both are one file.
func (s *status) isSameFile(candidate *status) bool {
	return s.device == candidate.device && s.inode == candidate.inode
}

// ours reports whether it is a regular file of this user and of this name only.
func (s *status) ours() bool {
	return s.mode.IsRegular() && s.links == 1 && s.owner == uint32(os.Geteuid())
}
