package transfer

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// Source gives the files of one remote tree.
type Source interface {
	// Open begins to send the tree at each of paths, which are relative to the
	// source's root, clean and with slashes; "." is all of it. It returns once the
	// source has answered, with a stream that must be closed.
	//
	// Its error is a *MissingPathError, a *LostError where another try may fare
	// better, or any other where it would not.
	Open(ctx context.Context, paths []string) (Stream, error)
}

// Stream is a tree as tar bytes. Their io.EOF proves nothing yet: Verify does.
// Cancelling the context it was opened with ends every Read.
type Stream interface {
	io.Reader
	// Verify reads what is left and says how the stream ended. Its error is a
	// *LostError, or a *RemoteError when all was sent that could be read.
	Verify() (Proof, error)
	// Close ends the stream and frees what it holds, whatever its state.
	Close() error
}

// Proof is what is known of a stream whose end was reached.
type Proof struct {
	// Hashed says that a hash of all bytes was computed at both ends and is the same.
	Hashed bool
	// Messages are lines that the remote program wrote about its work, printable.
	Messages []string
}

// MissingPathError says that the source has no such paths. Nothing was sent.
type MissingPathError struct{ Paths []string }

// Error implements error.
func (e *MissingPathError) Error() string {
	return "no such file or directory on the volume: " + quoted(e.Paths)
}

// LostError says that a stream did not come to its proven end; a new one may.
type LostError struct{ Cause error }

// Error implements error.
func (e *LostError) Error() string { return "the stream was lost: " + e.Cause.Error() }

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
	text := fmt.Sprintf("not everything could be read: tar ended with status %d", e.Status)
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
	const most = 5
	if len(lines) <= most {
		return strings.Join(lines, separator)
	}
	return strings.Join(lines[:most], separator) + fmt.Sprintf("%sand %d more", separator, len(lines)-most)
}
