package server

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
)

// nodeOf returns the node of the entry at the path full, which is name in dir.
func (a *agent) nodeOf(dir *os.Root, name, full string, info fs.FileInfo) wire.Node {
	n := wire.Node{Path: full, Mode: permissions(info.Mode()), ModTime: info.ModTime()}
	switch info.Mode().Type() {
	case 0:
		n.Type, n.Size = wire.Regular, info.Size()
		n.Changed, n.Stored = changedAt(info), stored(info)
		n.Device, n.Inode = identity(info)
		n.Recent = a.recent(n.ModTime, n.Changed)
	case fs.ModeDir:
		n.Type = wire.Directory
	case fs.ModeSymlink:
		n.Type = wire.Symlink
		n.Device, n.Inode = identity(info)
		target, err := dir.Readlink(name)
		if err != nil {
			n.Refused = cannotRead(err)
		}
		n.Target = target
	default:
		n.Skipped = kindOf(info.Mode()) + " has no content to copy"
	}
	return n
}

// permissions returns the mode of the copy. In a directory with the sticky bit, only the owner of a file can delete it.
// The copy has no sticky bit, so only the owner of the directory can write to it.
func permissions(mode fs.FileMode) fs.FileMode {
	if mode.IsDir() && mode&fs.ModeSticky != 0 {
		return mode.Perm() &^ 0o022
	}
	return mode.Perm()
}

// kindOf describes the type of a file that cannot be sent.
func kindOf(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	case mode.IsDir():
		return "a directory"
	case mode&fs.ModeSymlink != 0:
		return "a symlink"
	}
	return "a file of unknown type"
}

// cannotRead returns a clause about an entry with the cause of err.
func cannotRead(err error) string { return "cannot be read: " + cause(err) }

// cause returns the text of err without the path, which the message has already.
func cause(err error) string {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err.Error()
	}
	return err.Error()
}

// absent reports whether err says that the file does not exist.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}
