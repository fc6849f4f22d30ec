package transfer

import (
	"fmt"

	"github.com/kubectl-batch/kubectl-batch/pkg/archive"
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
	// WireBytes is what the source sent in all attempts, in tar bytes.
	WireBytes int64
	// Refused names what was left out, in the order of the stream.
	Refused []Refusal
	// Messages are what the remote program wrote about its work, printable.
	Messages []string
	// Digest is the SHA-256, in hex, of the list of everything the source named:
	// paths, types, modes, sizes, times in seconds, targets. Empty unless Complete.
	Digest string
	// Complete says that the source proved to have sent everything.
	Complete bool
	// Verified says that all bytes were hashed at both ends, too.
	Verified bool
	// ReceiptError says why a later fetch will not know these files as its own.
	ReceiptError error
}

// Whole reports whether everything that was asked for is in the directory.
func (r Result) Whole() bool { return r.Complete && len(r.Refused) == 0 }

// Empty reports whether there proved to be nothing to fetch.
func (r Result) Empty() bool {
	return r.Whole() && r.Files+r.Dirs+r.Symlinks+r.HardLinks == 0
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

// RefusedError says that some entries were left out.
type RefusedError struct{ Refused []Refusal }

// Error implements error.
func (e *RefusedError) Error() string {
	lines := make([]string, len(e.Refused))
	for i, refusal := range e.Refused {
		lines[i] = refusal.String()
	}
	return "left out " + listed(lines, "; ")
}

// IncompleteError says that no attempt came to its proven end. What is in the
// directory is whole, file by file.
type IncompleteError struct {
	Attempts int   // how often a stream was opened
	Files    int   // files and links that are here
	Cause    error // what ended the last attempt
}

// Error implements error.
func (e *IncompleteError) Error() string {
	return fmt.Sprintf("the transfer is incomplete after %s: %v; %s here and whole, "+
		"and the same command again goes on from there",
		plural(e.Attempts, "attempt", "attempts"), e.Cause, plural(e.Files, "file is", "files are"))
}

func plural(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// Unwrap returns what ended the last attempt.
func (e *IncompleteError) Unwrap() error { return e.Cause }

// record is one entry and what became of it.
type record struct {
	archive.Entry
	archive.Verdict
	order int
}
