package transfer

import (
	"fmt"
	"slices"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// Result is the result of a Fetch. After an error it describes the state at that time.
type Result struct {
	// The number of entries in the directory by type, written or existing before. For a
	// file with several names, one counts as file and the others as hard links.
	Files, Dirs, Symlinks, HardLinks int
	// Bytes is the content of Files.
	Bytes int64
	// Kept is how many of these files and links existed before this Fetch.
	Kept int
	// PlanFiles and PlanBytes are the number of files and bytes to copy, by the plan.
	PlanFiles int
	PlanBytes int64
	// Refused are the entries that were not copied.
	Refused []Refusal
	// Skipped are entries that are not part of the tree. The copy is complete without them.
	Skipped []Refusal
	// Unsettled are files of a tree in use that were changed so shortly before they were read that they may have
	// changed since, without a change of their times.
	Unsettled []string
	// Growing are files that grew while they were read. The copy has their beginning.
	Growing []string
	// Messages are the messages of the remote program, printable.
	Messages []string
	// Digest is a hash, in hex, of everything the source named: paths, types,
	// modes, sizes, times in seconds, targets, in any order. Empty unless Complete.
	Digest string
	// Complete says that the source proved that it named and sent everything.
	Complete bool
	// Verified says that all received bytes were also hashed at both ends.
	Verified bool
	// ReceiptError is the error of writing the receipt. Then a later fetch does not recognize
	// these files as its own.
	ReceiptError error
}

// Whole reports whether everything that was requested is in the directory.
func (r Result) Whole() bool { return r.Complete && len(r.Refused) == 0 }

// Empty reports whether it is proven that there was nothing to fetch.
func (r Result) Empty() bool {
	return r.Whole() && r.Files+r.Dirs+r.Symlinks+r.HardLinks+r.PlanFiles == 0
}

// NoFiles reports whether it is proven that there are no files and links, at most directories.
func (r Result) NoFiles() bool {
	return r.Whole() && r.Files+r.Symlinks+r.HardLinks+r.PlanFiles == 0
}

// OnlyDirectories reports whether NoFiles is true and nothing was skipped except directories of the file system.
func (r Result) OnlyDirectories() bool {
	return r.NoFiles() && !slices.ContainsFunc(r.Skipped, func(s Refusal) bool { return !ofSystem(s.Path) })
}

// Refusal is an entry that was not copied.
type Refusal struct {
	// Path is the entry's name as the source sent it. It may contain any bytes.
	Path string
	// Reason is a clause about the entry, to follow its name.
	Reason string
}

// String returns the refusal on one line, printable.
func (r Refusal) String() string { return fmt.Sprintf("%q: %s", r.Path, r.Reason) }

// tally counts the entries of a fetch.
type tally struct {
	Result
	digest Digest
}

// reset clears the counts for another attempt.
func (t *tally) reset() { *t = tally{} }

// have counts an entry that exists locally. existed says that this fetch did not write it.
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

// present returns the number of files and links that exist locally.
func (t *tally) present() int { return t.Files + t.Symlinks + t.HardLinks }
