package transfer

import (
	"io/fs"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/archive"
)

// decide judges an entry in whose place a file or symlink lies.
func (f *fetch) decide(entry archive.Entry, local archive.Local) archive.Verdict {
	written, mine := f.receipt.wrote(entry.Path, local)
	switch {
	case local.Differs && (mine || f.Force):
		return archive.Verdict{Action: archive.Write}
	case local.Differs:
		return archive.Verdict{Reason: "what is here has its size and time, but another content, and was not written by fetch; --force overwrites it"}
	case same(entry, local), mine && written.same(entry):
		return archive.Verdict{Action: archive.Keep}
	case mine, f.Force:
		return archive.Verdict{Action: archive.Write}
	}
	return archive.Verdict{Reason: "it exists here and was not written by fetch, or was changed since; --force overwrites it"}
}

// same reports whether local is the entry already, as far as can be told
// without reading it.
func same(entry archive.Entry, local archive.Local) bool {
	if entry.Type == archive.Symlink {
		return local.Info.Mode()&fs.ModeSymlink != 0 && local.Target == entry.Target
	}
	return local.Info.Mode().IsRegular() && local.Info.Size() == entry.Size &&
		sameSecond(local.Info.ModTime(), entry.ModTime)
}

// sameSecond compares as precisely as every tar carries times.
func sameSecond(a, b time.Time) bool { return a.Unix() == b.Unix() }
