package s3mirror

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding"
	"errors"
	"hash"
	"io"
	"slices"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// NotThere is the reason why an entry cannot be copied from a bucket.
const NotThere = "object missing or incomplete in the bucket"

// Stored is a transfer.Source of the files that Copy has stored in a bucket. It needs no cluster.
type Stored struct {
	store    *s3.Store
	location s3.Location
	// through wraps the readers of all objects.
	through func(context.Context, io.Reader) io.Reader
	index   index
}

var _ transfer.Source = (*Stored)(nil)

// Open reads the index at a location. The error is ErrNoIndex if there is none. through, which
// wraps the readers of all objects, may be nil.
func Open(ctx context.Context, store *s3.Store, location s3.Location, through func(context.Context, io.Reader) io.Reader) (*Stored, error) {
	if through == nil {
		through = func(_ context.Context, r io.Reader) io.Reader { return r }
	}
	x, err := readIndex(ctx, store, location)
	return &Stored{store, location, through, x}, err
}

// List implements transfer.Source. The names of one file have the same unique Inode.
func (s *Stored) List(context.Context, []string) (transfer.Listing, error) {
	groups := map[string]uint64{}
	for _, e := range s.index {
		if s.linked(e) && groups[e.Link] == 0 {
			groups[e.Link] = uint64(len(groups) + 1)
		}
	}
	return &storedListing{s, s.index.paths(), groups}, nil
}

// linked reports whether an entry is still another name of the file Link.
func (s *Stored) linked(e *entry) bool {
	if e.Link == "" || !e.isStored() {
		return false
	}
	firstEntry := s.index[e.Link]
	return firstEntry.isStored() && firstEntry.Link == "" && firstEntry.Size == e.Size && bytes.Equal(firstEntry.SHA256, e.SHA256)
}

type storedListing struct {
	stored *Stored
	rest   []string
	groups map[string]uint64
}

// Next implements transfer.Listing.
func (l *storedListing) Next() (transfer.Item, error) {
	if len(l.rest) == 0 {
		return transfer.Item{}, io.EOF
	}
	e := l.stored.index[l.rest[0]]
	l.rest = l.rest[1:]
	item := transfer.Item{Entry: localtree.Entry{
		Path: e.Path, Type: e.Type, Mode: e.Mode.Perm(), Size: e.Size, Stored: e.Size, ModTime: e.ModTime, Changed: e.Changed, Target: e.Target,
		Recent: !e.Evidence.Proves(false), // a later copy may store another content with the same times
	}}
	if e.Type != localtree.File {
		return item, nil
	}
	firstName := e.Path
	if l.stored.linked(e) {
		firstName = e.Link
	}
	item.Inode.Number = l.groups[firstName] // 0 for a file with one name
	if !e.isStored() {
		item.Refused = NotThere
	}
	return item, nil
}

// Close implements transfer.Listing.
func (*storedListing) Close() error { return nil }

// Sums implements transfer.Source with the sums of the index: of whole files, and of prefixes that
// end with a part.
func (s *Stored) Sums(_ context.Context, prefixes []transfer.Prefix) ([]transfer.Sum, error) {
	sums := make([]transfer.Sum, len(prefixes))
	for i, prefix := range prefixes {
		sums[i] = s.index[prefix.Path].beginning(prefix.Length)
	}
	return sums, nil
}

// beginning returns the sum of the longest prefix with a known sum, at most length bytes.
func (e *entry) beginning(length int64) transfer.Sum {
	if !e.isStored() {
		return transfer.Sum{Refused: NotThere}
	}
	if length < 0 || length >= e.Size {
		return transfer.Sum{SHA256: e.SHA256, Length: e.Size}
	}
	if e.Part > 0 {
		n := min(int(length/e.Part), len(e.States))
		if sum, err := e.hashAt(int64(n) * e.Part); n > 0 && err == nil {
			return transfer.Sum{SHA256: sum.Sum(nil), Length: int64(n) * e.Part}
		}
	}
	return transfer.Sum{Refused: "no hash is known for the beginning of the file"}
}

var errNoState = errors.New("no hash is known up to this offset")

// hashAt returns a SHA-256 with the content before offset.
func (e *entry) hashAt(offset int64) (hash.Hash, error) {
	sum := sha256.New()
	if offset == 0 {
		return sum, nil
	}
	if e.Part <= 0 || offset%e.Part != 0 || offset/e.Part > int64(len(e.States)) {
		return nil, errNoState
	}
	return sum, sum.(encoding.BinaryUnmarshaler).UnmarshalBinary(e.States[offset/e.Part-1])
}

// Open implements transfer.Source.
func (s *Stored) Open(ctx context.Context, wants []transfer.Want) (transfer.Contents, error) {
	ctx, cancel := context.WithCancel(ctx)
	c := &contents{stored: s, ctx: ctx, cancel: cancel, wants: slices.Clone(wants), index: -1, pieces: make(chan *piece, ahead)}
	go c.fetch()
	return c, nil
}
