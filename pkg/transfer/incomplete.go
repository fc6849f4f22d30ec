package transfer

import (
	"cmp"
	"fmt"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/plural"
)

// RefusedError says that some entries were not copied.
type RefusedError struct{ Refused []Refusal }

// Error implements error.
func (e *RefusedError) Error() string {
	lines := make([]string, len(e.Refused))
	for i, refusal := range e.Refused {
		lines[i] = refusal.String()
	}
	return "could not copy " + listed(lines, "; ")
}

// IncompleteError says that no attempt was completed. Each file in the directory is
// complete.
type IncompleteError struct {
	Attempts int    // attempts in a row without progress
	Files    int    // complete files and links
	Place    string // where they are; "" means locally
	Cause    error  // of the end of the last attempt
}

// Error implements error.
func (e *IncompleteError) Error() string {
	return fmt.Sprintf("transfer incomplete after %s: %v; %s %s complete %s; run the same command again to resume",
		plural.Count(e.Attempts, "attempt"), e.Cause, plural.Count(e.Files, "file"), plural.Choose(e.Files, "is", "are"), cmp.Or(e.Place, "locally"))
}

// Unwrap returns what ended the last attempt.
func (e *IncompleteError) Unwrap() error { return e.Cause }

// ExcessError says that a source sent more of a file than it had listed or announced.
// The file was not kept. There is no retry, because the source violates the protocol.
type ExcessError struct {
	Path      string
	Announced int64 // bytes
}

// Error implements error.
func (e *ExcessError) Error() string {
	return fmt.Sprintf("the source sent more bytes of %q than the %d that it listed; the file was not kept", e.Path, e.Announced)
}

// SpaceError says that the disk does not have enough space. Nothing was copied.
type SpaceError struct {
	Dir        string
	Need, Free int64 // bytes
}

// Error implements error.
func (e *SpaceError) Error() string {
	return fmt.Sprintf("not enough space in %s: %s required, %s available; nothing was copied",
		e.Dir, size(e.Need), size(e.Free))
}
