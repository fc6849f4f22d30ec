package transfer

import (
	"io/fs"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// decide returns what to do with an entry, by what exists at its local path.
func (f *fetch) decide(entry localtree.Entry, local localtree.Local) localtree.Verdict {
	if local.Info == nil {
		return localtree.Verdict{Action: localtree.Write}
	}
	mine, unchanged := f.receipt.wrote(entry, local)
	switch {
	case local.Differs && (mine || f.Force):
		return localtree.Verdict{Action: localtree.Write}
	case local.Differs:
		return localtree.Verdict{Reason: "the local file has different content and was not written by fetch; use --force to overwrite it"}
	case matches(entry, local), unchanged:
		return localtree.Verdict{Action: localtree.Keep}
	case mine, f.Force:
		return localtree.Verdict{Action: localtree.Write}
	}
	return localtree.Verdict{Reason: "already exists locally, and was not written by fetch or was changed since; use --force to overwrite it"}
}

// comparable reports whether the content of local must be compared with the entry: always with Checksum, otherwise
// if size and time are equal but do not prove equal content. The sizes must be equal.
func (f *fetch) comparable(entry localtree.Entry, local localtree.Local) bool {
	if local.Info == nil || !local.Info.Mode().IsRegular() || local.Info.Size() != entry.Size {
		return false
	}
	return f.Checksum || f.decide(entry, local).Action == localtree.Keep && !f.trusted(entry, local)
}

// trusted reports whether local is proven to be the file of the source: a fetch copied it when every further change
// had to change its times.
func (f *fetch) trusted(entry localtree.Entry, local localtree.Local) bool {
	_, unchanged := f.receipt.wrote(entry, local)
	return unchanged && f.receipt.evidence(entry).Proves(f.InUse)
}

// matches reports whether local equals the entry, by type, size and time or by the
// target of a symlink.
func matches(entry localtree.Entry, local localtree.Local) bool {
	if entry.Type == localtree.Symlink {
		return local.Info.Mode()&fs.ModeSymlink != 0 && local.Target == entry.Target
	}
	return local.Info.Mode().IsRegular() && local.Info.Size() == entry.Size &&
		sameTime(local.Info.ModTime(), entry.ModTime)
}

// sameTime compares as precisely as both times are: plain tar and some file
// systems know whole seconds only.
func sameTime(a, b time.Time) bool {
	if a.Nanosecond() == 0 || b.Nanosecond() == 0 {
		return a.Unix() == b.Unix()
	}
	return a.Equal(b)
}
