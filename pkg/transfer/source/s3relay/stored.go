package s3relay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/agent"
)

// NotThere is the reason why an entry cannot be copied from a bucket.
const NotThere = "missing or incomplete in the bucket"

// Stored is a Source of the files that a fetch stored in a bucket. It needs no agent.
type Stored struct{ source *Source }

// NewStored returns a Source of the files at o.At. It ignores o.Agent.
func NewStored(o Options) *Stored {
	decoder, err := agent.New(&http.Client{Transport: nobody{}}, "none")
	if err != nil {
		panic(err) // cannot happen, the codec is valid
	}
	o.Agent = decoder
	o.Resume = true
	o.Keep = true
	s := New(o)
	s.bucketOnly = true
	return &Stored{s}
}

// nobody is an http.RoundTripper without an agent. Each request fails.
type nobody struct{}

// RoundTrip implements http.RoundTripper.
func (nobody) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("no agent available")
}

var _ transfer.Source = (*Stored)(nil)

// Empty says that there are no files of a fetch at a location.
type Empty struct{ At s3.Location }

// Error implements error.
func (e *Empty) Error() string {
	return fmt.Sprintf("no fetched files found at %s", e.At)
}

// Received returns how many bytes of content were received, before compression, by codec.
func (s *Stored) Received() map[string]int64 { return s.source.agent.Load().Received() }

// List implements transfer.Source. Its error is an *Empty if there is no list.
func (s *Stored) List(ctx context.Context, _ []string) (transfer.Listing, error) {
	location := s.source.At
	body, err := s.source.Store.Get(ctx, location.Bucket, location.Key(indexName))
	if s3.Absent(err) {
		return nil, &Empty{location}
	}
	if err != nil {
		return nil, transfer.Lost(err)
	}
	if err := s.source.findLeftovers(ctx); err != nil {
		return nil, errors.Join(transfer.Lost(err), body.Close())
	}
	return &storedListing{s.source.agent.Load().ReadList(ctx, body), s.source, map[localtree.Inode]bool{}}, nil
}

// Open implements transfer.Source.
func (s *Stored) Open(ctx context.Context, wants []transfer.Want) (transfer.Contents, error) {
	return s.source.Open(ctx, wants)
}

// Sums implements transfer.Source. All sums are Unknown, because there is no agent to hash files.
func (*Stored) Sums(_ context.Context, prefixes []transfer.Prefix) ([]transfer.Sum, error) {
	sums := make([]transfer.Sum, len(prefixes))
	for i := range sums {
		sums[i].Unknown = true
	}
	return sums, nil
}

// storedListing returns the entries of a list, with the metadata in the objects.
type storedListing struct {
	transfer.Listing
	source *Source
	// present are the files that the objects contain under one of their names.
	present map[localtree.Inode]bool
}

// Next implements transfer.Listing.
func (l *storedListing) Next() (transfer.Item, error) {
	item, err := l.Listing.Next()
	if err != nil || item.Type != localtree.File || item.Refused != "" {
		return item, err
	}
	s := l.source
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sizeUp(item)
	switch {
	case s.leftovers.complete(&item, s.large[item.Path]):
		// Its other names can only be copied if this name is wanted.
		l.present[item.Inode] = s.Wanted == nil || s.Wanted(item.Path, false)
	case item.Inode == (localtree.Inode{}) || !l.present[item.Inode]:
		item.Refused = NotThere
	}
	return item, nil
}

// complete sets the metadata of item to that in the objects, and reports whether they contain the whole file.
func (l *leftovers) complete(item *transfer.Item, as large) bool {
	if p, ok := l.files[item.Path]; ok && as.size == 0 {
		p.unchanged = true
		l.files[item.Path] = p
		packed := p.object.items[p.index]
		item.Size = packed.Size
		item.Mode = packed.Mode
		item.ModTime = packed.ModTime
		item.Changed = packed.Changed
		return packed.Type == localtree.File
	}
	l.see(*item, true)
	for start := int64(0); start < as.size; {
		end := as.end(start)
		i := slices.IndexFunc(l.pieces[item.Path], func(p piece) bool { return p.unchanged && p.start == start && p.end == end })
		if i < 0 {
			return false
		}
		start = end
	}
	return as.size > 0
}
