package transfer

import (
	"cmp"
	"fmt"
)

// RefusedError says that some entries were left out.
type RefusedError struct{ Refused []Refusal }

// Error implements error.
func (e *RefusedError) Error() string {
	lines := make([]string, len(e.Refused))
	for i, refusal := range e.Refused {
		lines[i] = refusal.String()
	}
	return "could not copy " + listed(lines, "; ")
}

// IncompleteError says that no attempt came to its proven end. What is in the
// directory is whole, file by file.
type IncompleteError struct {
	Attempts int    // how often in a row nothing came
	Files    int    // files and links that are there
	Place    string // where; empty is here
	Cause    error  // what ended the last attempt
}

// Error implements error.
func (e *IncompleteError) Error() string {
	return fmt.Sprintf("transfer incomplete after %s: %v; %s complete %s; run the same command again to resume",
		plural(e.Attempts, "attempt", "attempts"), e.Cause, plural(e.Files, "file is", "files are"), cmp.Or(e.Place, "locally"))
}

// Unwrap returns what ended the last attempt.
func (e *IncompleteError) Unwrap() error { return e.Cause }

// ExcessError says that a source sent more of a file than it had listed or announced.
// Nothing of the file was kept, and another try is of no use: a sound source does not.
type ExcessError struct {
	Path      string
	Announced int64 // bytes
}

// Error implements error.
func (e *ExcessError) Error() string {
	return fmt.Sprintf("the source sent more bytes of %q than the %d that it listed; the file was not kept", e.Path, e.Announced)
}

// SpaceError says that the disk cannot hold what would come. Nothing came.
type SpaceError struct {
	Dir        string
	Need, Free int64 // bytes
}

// Error implements error.
func (e *SpaceError) Error() string {
	return fmt.Sprintf("not enough space in %s: %s required, %s available; nothing was copied",
		e.Dir, size(e.Need), size(e.Free))
}

func plural(n int, singular, several string) string {
	if n == 1 {
		return "1 " + singular
	}
	return fmt.Sprintf("%d %s", n, several)
}
