package server

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// lostAndFound is what file systems call the directory that they create for what a repair finds.
const lostAndFound = "lost+found"

// ofSystem returns why an entry of the served root directory is not part of the results, or "" if it can be part of them.
func (a *agent) ofSystem(root *os.Root, name string, info fs.FileInfo) string {
	switch {
	case name == lostAndFound && a.systemOwned(info):
		return "belongs to the file system, not to the results"
	case holdsSnapshots(root, name, info):
		return "contains snapshots of the storage system, not results"
	}
	return ""
}

// systemOwned reports whether info, of a directory lost+found in the root that is served, is the file system's own.
// A user's directory of that name holds results: it is only skipped where no user can have created it.
func (a *agent) systemOwned(info fs.FileInfo) bool {
	if !info.IsDir() || info.Mode().Perm() != 0o700 || ownerOf(info) != 0 {
		return false
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	return err == nil && wholeFileSystem(mounts, a.Root)
}

// zfsControl is the inode number of the directory .zfs in the root of a ZFS file system.
const zfsControl = 0x0000FFFFFFFFFFFF

// snapshotDirs are what storage systems call the directory of their snapshots in the root of a volume.
func snapshotDirs() []string { return []string{".snapshot", ".zfs", "~snapshot"} }

// holdsSnapshots reports whether name in root, which info describes, is a directory of snapshots that the storage
// system shows there. A user's directory of that name holds results, and is on the same file system as all others.
func holdsSnapshots(root *os.Root, name string, info fs.FileInfo) bool {
	if !info.IsDir() || !slices.Contains(snapshotDirs(), name) {
		return false
	}
	if _, inode := position(info); name == ".zfs" && inode == zfsControl {
		return true
	}
	dir, err := root.OpenRoot(name) // a network file system is mounted there when the directory is opened
	if err != nil {
		return false
	}
	defer func() { _ = dir.Close() }()
	inside, err := dir.Stat(".")
	around, failed := root.Stat(".")
	if err != nil || failed != nil {
		return false
	}
	insideDevice, _ := position(inside)
	aroundDevice, _ := position(around)
	return insideDevice != aroundDevice
}

// wholeFileSystem reports whether a file system's own root is mounted at dir, and not a directory in it, by the text
// of /proc/self/mountinfo: ID, parent, device, root, mount point, and more.
func wholeFileSystem(mounts []byte, dir string) (whole bool) {
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return false
	}
	for line := range bytes.Lines(mounts) {
		if fields := strings.Fields(string(line)); len(fields) > 4 && fields[4] == dir {
			whole = fields[3] == "/" // the last one hides those before
		}
	}
	return whole
}
