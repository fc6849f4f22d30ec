package transfer

import (
	"fmt"
	"slices"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// Result is what a Fetch did. After an error it covers what had come by then.
type Result struct {
	// What is in the directory now, by kind, whether it was written or there
	// already. A file of several names counts once as file, else as hard links.
	Files, Dirs, Symlinks, HardLinks int
	// Bytes is the content of Files.
	Bytes int64
	// Kept is how many files and links of these were there before this Fetch.
	Kept int
	// PlanFiles and PlanBytes are what had to come when the plan was made.
	PlanFiles int
	PlanBytes int64
	// Refused names what was left out.
	Refused []Refusal
	// Skipped names what is no part of the tree: nothing is missing without it.
	Skipped []Refusal
	// Unsettled names the files of a tree in use that were changed so shortly before they were read that they
	// may have changed meanwhile, without a trace in their times.
	Unsettled []string
	// Growing names the files that got longer while they were read: what is here
	// is their beginning.
	Growing []string
	// Messages are what the remote program wrote about its work, printable.
	Messages []string
	// Digest is a hash, in hex, of everything the source named: paths, types,
	// modes, sizes, times in seconds, targets, in any order. Empty unless Complete.
	Digest string
	// Complete says that the source proved to have named and sent everything.
	Complete bool
	// Verified says that all bytes that came were hashed at both ends, too.
	Verified bool
	// ReceiptError says why a later fetch will not know these files as its own.
	ReceiptError error
}

// Whole reports whether everything that was asked for is in the directory.
func (r Result) Whole() bool { return r.Complete && len(r.Refused) == 0 }

// Empty reports whether there proved to be nothing to fetch.
func (r Result) Empty() bool {
	return r.Whole() && r.Files+r.Dirs+r.Symlinks+r.HardLinks+r.PlanFiles == 0
}

// NoFiles reports whether there proved to be no files and no links: at most directories.
func (r Result) NoFiles() bool {
	return r.Whole() && r.Files+r.Symlinks+r.HardLinks+r.PlanFiles == 0
}

// OnlyDirectories reports whether there proved to be nothing else, not even something that was skipped.
func (r Result) OnlyDirectories() bool {
	return r.NoFiles() && !slices.ContainsFunc(r.Skipped, func(s Refusal) bool { return !ofSystem(s.Path) })
}

// Refusal is one entry that was left out.
type Refusal struct {
	// Path is the entry's name as the source sent it: it may hold anything.
	Path string
	// Reason is a clause about the entry, to follow its name.
	Reason string
}

// String is the refusal on one line, printable.
func (r Refusal) String() string { return fmt.Sprintf("%q: %s", r.Path, r.Reason) }

// tally counts what is here. The Result in it holds what needs no counting.
type tally struct {
	Result
	digest Digest
}

// reset begins anew, for another attempt at the whole.
func (t *tally) reset() { *t = tally{} }

// have counts an entry that is here now, or was before.
func (t *tally) have(entry localtree.Entry, existed bool) {
	switch entry.Type {
	case localtree.Directory:
		t.Dirs++
		return
	case localtree.Symlink:
		t.Symlinks++
	case localtree.HardLink:
		t.HardLinks++
	case localtree.File:
		t.Files++
		t.Bytes += entry.Size
	}
	if existed {
		t.Kept++
	}
}

// present is the number of files and links that are here.
func (t *tally) present() int { return t.Files + t.Symlinks + t.HardLinks }
