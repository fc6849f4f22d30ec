package transfer

import (
	"io/fs"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// decide judges an entry by what lies in its place.
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

// comparable reports whether local is a file that may be the entry, and that its content must tell: always
// with Checksum, else where size and time would keep it and do not prove anything.
func (f *fetch) comparable(entry localtree.Entry, local localtree.Local) bool {
	if local.Info == nil || !local.Info.Mode().IsRegular() || local.Info.Size() != entry.Size {
		return false
	}
	return f.Checksum || f.decide(entry, local).Action == localtree.Keep && !f.trusted(entry, local)
}

// trusted reports whether local is the file that the source has, since a fetch read it when its times would
// show every later change.
func (f *fetch) trusted(entry localtree.Entry, local localtree.Local) bool {
	_, unchanged := f.receipt.wrote(entry, local)
	return unchanged && f.receipt.evidence(entry).Proves(f.InUse)
}

// matches reports whether local is the entry already, as far as can be told
// without reading it.
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
