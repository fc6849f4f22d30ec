package transfer

import (
	"io/fs"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// unmade is a directory or symlink that is created after the list is proven to be complete.
// There may be a million of them, so that the type has only the necessary fields.
type unmade struct {
	path, target  string // a target means a symlink
	size, seconds int64  // the latter of the modification time
	nanos         int32
	mode          uint16
}

func newUnmade(entry localtree.Entry) unmade {
	u := unmade{
		path: entry.Path, size: entry.Size, seconds: entry.ModTime.Unix(), nanos: int32(entry.ModTime.Nanosecond()), mode: uint16(entry.Mode),
	}
	if entry.Type == localtree.Symlink {
		u.target = entry.Target
	}
	return u
}

func (u unmade) entry() localtree.Entry {
	entry := localtree.Entry{
		Path: u.path, Type: localtree.Directory, Target: u.target, Size: u.size,
		ModTime: time.Unix(u.seconds, int64(u.nanos)), Mode: fs.FileMode(u.mode),
	}
	if u.target != "" {
		entry.Type = localtree.Symlink
	}
	return entry
}
