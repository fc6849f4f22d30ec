package transfer

import (
	"context"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// Source provides the files of one remote tree. All paths are relative to its
// root, clean and with slashes; "." is all of it. Its methods may be called at
// the same time. Errors are a *LostError if another attempt may succeed, and other
// errors if it would not.
type Source interface {
	// List starts a list of all entries at and below paths, a directory before its
	// contents. ErrNoList says that this Source can only send. A
	// *MissingPathError says that paths do not exist.
	List(ctx context.Context, paths []string) (Listing, error)
	// Open starts sending the content of wants, in their order. A Source without
	// List sends the whole trees at their paths, from the beginning.
	Open(ctx context.Context, wants []Want) (Contents, error)
	// Sums hashes the beginnings of files and answers in the order of prefixes.
	Sums(ctx context.Context, prefixes []Prefix) ([]Sum, error)
}

// Item is one entry of a remote tree.
type Item struct {
	localtree.Entry
	// Refused says why the entry, or its contents, cannot be read: a clause
	// that follows its name. "" if it can be read.
	Refused string
	// Skipped says why the entry is not part of the tree: a clause that follows its name. The tree is
	// complete without it.
	Skipped string
	// Offset is the start of the content, in Contents: the requested offset, or 0.
	Offset int64
	// Beyond is how many bytes the file is longer than Size, in Contents: it grew after it was listed.
	Beyond int64
}

// Listing is a sequence of entries without their content.
type Listing interface {
	// Next returns the next entry. io.EOF means that the list is proven to be complete.
	Next() (Item, error)
	Close() error
}

// Want asks for the content of one file.
type Want struct {
	Path string
	// Offset is the start of the requested content, in bytes.
	Offset int64
	// Listed says that Size is the file's size in the list. No byte after it is sent.
	Listed bool
	Size   int64
}

// Contents is a sequence of entries with their content.
type Contents interface {
	// Next returns the next entry. It skips unread content of the previous one. io.EOF means
	// that the sequence is proven to be complete.
	Next() (Item, error)
	// Chunk returns the next piece of the entry's content; io.EOF at its end.
	Chunk() (Chunk, error)
	// End returns the final state of the file, after Chunk has returned io.EOF.
	End() FileEnd
	// Proof returns what is known about the whole sequence, after Next has returned io.EOF.
	Proof() Proof
	// Close ends the sequence in any state and frees its resources.
	Close() error
}

// Chunk is a piece of content: either data or a hole.
type Chunk struct {
	// Data is valid until the next call.
	Data []byte
	// Hole is the length of a run of zeros that was not sent.
	Hole int64
}

// FileEnd is what the source knows about a file after it has sent it.
type FileEnd struct {
	// Sum is the XXH3-128 of the sent content, with holes as zeros. Hashed says whether
	// the source computes it.
	Sum    [16]byte
	Hashed bool
	State  FileState
}

// FileState is what happened to a file while it was read.
type FileState int

const (
	// Still means that nothing changed it.
	Still FileState = iota
	// Growing means that the file grew. The sent content is its beginning.
	Growing
	// Changed means that the sent content may not be a state that the file had.
	Changed
)

// Prefix names the beginning of a file. Length -1 is all of it.
type Prefix struct {
	Path   string
	Length int64
}

// Sum is the XXH3-128 of a Prefix.
type Sum struct {
	Sum [16]byte
	// SHA256 is set instead of Sum by a Source that has stored hashes and cannot compute others.
	// It may be for a shorter prefix than requested.
	SHA256 []byte
	// Length is how many bytes were hashed: fewer than requested if the file is shorter.
	Length int64
	// Refused is the reason why there is no hash.
	Refused string
	// Unknown says that the Source cannot hash: the file is compared by size and time.
	Unknown bool
}
