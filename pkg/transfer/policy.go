package transfer

import (
	"io/fs"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/archive"
)

// decide judges an entry by what lies in its place.
func (f *fetch) decide(entry archive.Entry, local archive.Local) archive.Verdict {
	if local.Info == nil {
		return archive.Verdict{Action: archive.Write}
	}
	mine, unchanged := f.receipt.wrote(entry, local)
	switch {
	case local.Differs && (mine || f.Force):
		return archive.Verdict{Action: archive.Write}
	case local.Differs:
		return archive.Verdict{Reason: "what is here has another content and was not written by fetch; --force overwrites it"}
	case same(entry, local), unchanged:
		return archive.Verdict{Action: archive.Keep}
	case mine, f.Force:
		return archive.Verdict{Action: archive.Write}
	}
	return archive.Verdict{Reason: "it exists here and was not written by fetch, or was changed since; --force overwrites it"}
}

// doubtful reports whether our copy may be of an older file of the same size and
// time: the source's was changed since, if only in its mode.
func (f *fetch) doubtful(entry archive.Entry, local archive.Local) bool {
	mine, unchanged := f.receipt.wrote(entry, local)
	return mine && !unchanged && same(entry, local)
}

// same reports whether local is the entry already, as far as can be told
// without reading it.
func same(entry archive.Entry, local archive.Local) bool {
	if entry.Type == archive.Symlink {
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
