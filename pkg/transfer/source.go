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

// LostAndFound is the name of the directory that file systems create for files found by a repair. It is not part of a tree.
const LostAndFound = "lost+found"

// SnapshotDirs returns the names of the directories that storage systems create for snapshots in the root of a volume.
// They are not part of a tree.
func SnapshotDirs() []string { return []string{".snapshot", ".zfs", "~snapshot"} }

// ofSystem reports whether an entry of the root has the name of a directory of the file system.
func ofSystem(name string) bool { return name == LostAndFound || slices.Contains(SnapshotDirs(), name) }

// Proof is what is known about a sequence after its end.
type Proof struct {
	// Hashed says that both ends computed the same hash of all bytes.
	Hashed bool
	// Status is the exit status of the remote program. If it is not 0, the program could not
	// read everything, or files changed while it read them.
	Status int
	// Messages are lines that the remote program wrote about its work, printable.
	Messages []string
	// Changed are the files that changed while the remote program read them, if Status and Messages report no other
	// problem.
	Changed []string
}

// Lost returns err as a *LostError if err has a method Passing that returns true: then another attempt may
// succeed. It returns any other error unchanged.
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

// MissingPathError says that paths do not exist in the source. Nothing was sent.
type MissingPathError struct{ Paths []string }

// Error implements error.
func (e *MissingPathError) Error() string {
	return "no such file or directory in the source: " + quoted(e.Paths)
}

// LostError says that a stream was interrupted. Another attempt may succeed.
type LostError struct{ Cause error }

// Error implements error.
func (e *LostError) Error() string { return "stream interrupted: " + e.Cause.Error() }

// Unwrap returns the cause.
func (e *LostError) Unwrap() error { return e.Cause }

// RemoteError says that the remote program ended and reported that it could not read
// everything, or that files changed while it read them.
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

// quoted returns the first few of names, quoted.
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

// size formats a number of bytes.
func size(bytes int64) string { return humanize.IBytes(uint64(max(bytes, 0))) }
