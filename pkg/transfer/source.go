package transfer

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"
)

// ErrNoList says that a Source can only send.
var ErrNoList = errors.New("the source cannot list its files")

// LostAndFound is what file systems call the directory that they create for what a repair finds. It is no part of a tree.
const LostAndFound = "lost+found"

// SnapshotDirs are what storage systems call the directory of their snapshots, in the root of a volume. They are no part
// of a tree.
func SnapshotDirs() []string { return []string{".snapshot", ".zfs", "~snapshot"} }

// ofSystem reports whether the entry of a root is the file system's own, and not what somebody wrote.
func ofSystem(name string) bool { return name == LostAndFound || slices.Contains(SnapshotDirs(), name) }

// Proof is what is known of a sequence whose end was reached.
type Proof struct {
	// Hashed says that a hash of all bytes was computed at both ends and is the same.
	Hashed bool
	// Status is the exit status of the remote program: other than 0, it could not
	// read everything, or files changed while it read them.
	Status int
	// Messages are lines that the remote program wrote about its work, printable.
	Messages []string
	// Changed are the names of what the remote program says changed while it read it, where Status and Messages say
	// nothing else.
	Changed []string
}

// Lost returns err, which says of itself by a method Passing that another try may fare better, as
// a *LostError; any other as it is.
func Lost(err error) error {
	type passing interface {
		error
		Passing() bool
	}
	if failure, ok := errors.AsType[passing](err); ok && failure.Passing() {
		return &LostError{Cause: err}
	}
	return err
}

// MissingPathError says that the source has no such paths. Nothing was sent.
type MissingPathError struct{ Paths []string }

// Error implements error.
func (e *MissingPathError) Error() string {
	return "no such file or directory in the source: " + quoted(e.Paths)
}

// LostError says that a stream did not come to its proven end; a new one may.
type LostError struct{ Cause error }

// Error implements error.
func (e *LostError) Error() string { return "stream interrupted: " + e.Cause.Error() }

// Unwrap returns what ended the stream.
func (e *LostError) Unwrap() error { return e.Cause }

// RemoteError says that the remote program came to its end and reported that it
// could not read everything, or that files changed while it read them.
type RemoteError struct {
	Status   int      // its exit status
	Messages []string // what it wrote, line by line, printable
}

// Error implements error.
func (e *RemoteError) Error() string {
	text := fmt.Sprintf("could not read everything: tar exited with status %d", e.Status)
	if len(e.Messages) > 0 {
		text += ": " + listed(e.Messages, "; ")
	}
	return text
}

// quoted lists names for people.
func quoted(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	return listed(quoted, ", ")
}

// listed joins the first few of lines and counts the rest.
func listed(lines []string, separator string) string {
	const limit = 5
	if len(lines) <= limit {
		return strings.Join(lines, separator)
	}
	return strings.Join(lines[:limit], separator) + fmt.Sprintf("%sand %d more", separator, len(lines)-limit)
}

// size is a number of bytes for people.
func size(bytes int64) string { return humanize.IBytes(uint64(max(bytes, 0))) }
