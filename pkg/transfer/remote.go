package transfer

import (
	"context"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// Source gives the files of one remote tree. All paths are relative to its
// root, clean and with slashes; "." is all of it. Its methods may be called at
// the same time. Errors of all of them are a *LostError where another try may
// fare better, and any other where it would not.
type Source interface {
	// List begins to name everything at each of paths, a directory before what
	// lies in it. ErrNoList says that this Source can only send. A
	// *MissingPathError says that the tree has no such paths.
	List(ctx context.Context, paths []string) (Listing, error)
	// Open begins to send the content of wants, in their order. A Source without
	// List sends the whole trees at their paths, from the beginning.
	Open(ctx context.Context, wants []Want) (Contents, error)
	// Sums hashes the beginnings of files and answers in the order of prefixes.
	Sums(ctx context.Context, prefixes []Prefix) ([]Sum, error)
}

// Item is one entry of a remote tree.
type Item struct {
	localtree.Entry
	// Refused says why the entry, or what lies in it, cannot be read: a clause
	// that follows its name. Empty: it can.
	Refused string
	// Skipped says why it is no part of the tree: a clause that follows its name. Nothing is missing
	// without it.
	Skipped string
	// Offset is where its content begins, in Contents: what was wanted, or 0.
	Offset int64
	// Beyond is how much longer the file is than Size, in Contents: it grew after it was listed.
	Beyond int64
}

// Listing is a sequence of entries without their content.
type Listing interface {
	// Next returns the next entry. io.EOF: the source proved that this was all.
	Next() (Item, error)
	Close() error
}

// Want asks for the content of one file.
type Want struct {
	Path string
	// Offset is where to begin, in bytes.
	Offset int64
	// Listed says that Size is the file's size in the list: no byte beyond it is sent.
	Listed bool
	Size   int64
}

// Contents is a sequence of entries with their content.
type Contents interface {
	// Next returns the next entry; content of the one before that was not read is
	// skipped. io.EOF: the source proved that this was all.
	Next() (Item, error)
	// Chunk returns the next piece of the entry's content; io.EOF at its end.
	Chunk() (Chunk, error)
	// End says how the content ended, once Chunk has returned io.EOF.
	End() FileEnd
	// Proof says what is known of the whole, once Next has returned io.EOF.
	Proof() Proof
	// Close ends the sequence and frees what it holds, whatever its state.
	Close() error
}

// Chunk is a piece of content: either data or a hole.
type Chunk struct {
	// Data is valid until the next call.
	Data []byte
	// Hole is the length of a run of zeros that was not sent.
	Hole int64
}

// FileEnd is what the source knows of one file once it has sent it.
type FileEnd struct {
	// Sum is the XXH3-128 of what was sent, holes as zeros; Hashed says whether
	// the source computes one.
	Sum    [16]byte
	Hashed bool
	State  FileState
}

// FileState is what happened to a file while it was read.
type FileState int

const (
	// Still means that nothing changed it.
	Still FileState = iota
	// Growing means that it got longer, and that what was sent is its beginning.
	Growing
	// Changed means that what was sent is no state that it ever had.
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
	// SHA256 is in place of Sum what a Source knows that cannot hash: it may be of less than
	// was asked for, whatever the file's size.
	SHA256 []byte
	// Length is how many bytes were hashed: fewer than asked for where the file
	// is shorter.
	Length int64
	// Refused says why there is none.
	Refused string
	// Unknown says that the Source cannot hash: the file is compared by size and time.
	Unknown bool
}
