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

// NotThere is why an entry does not come from a bucket.
const NotThere = "missing or incomplete in the bucket"

// Stored is what a fetch has left in a bucket: there is no agent any more.
type Stored struct{ source *Source }

// NewStored makes a Source of what lies at o.At; o.Agent is not needed.
func NewStored(o Options) *Stored {
	decoder, err := agent.New(&http.Client{Transport: nobody{}}, "none")
	if err != nil {
		panic(err) // the codec is one
	}
	o.Agent = decoder
	o.Resume = true
	o.Keep = true
	s := New(o)
	s.bucketOnly = true
	return &Stored{s}
}

// nobody is who is asked where there is no agent.
type nobody struct{}

// RoundTrip implements http.RoundTripper.
func (nobody) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("no agent available")
}

var _ transfer.Source = (*Stored)(nil)

// Empty says that nothing of a fetch lies at a place.
type Empty struct{ At s3.Location }

// Error implements error.
func (e *Empty) Error() string {
	return fmt.Sprintf("no fetched files found at %s", e.At)
}

// Received is how many bytes came by which codec, before compression.
func (s *Stored) Received() map[string]int64 { return s.source.agent.Load().Received() }

// List implements transfer.Source. Its error is an *Empty where there is no list.
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

// Sums implements transfer.Source: nobody is there who could hash the beginning of a file.
func (*Stored) Sums(_ context.Context, prefixes []transfer.Prefix) ([]transfer.Sum, error) {
	sums := make([]transfer.Sum, len(prefixes))
	for i := range sums {
		sums[i].Unknown = true
	}
	return sums, nil
}

// storedListing names what a list names, as the objects have it.
type storedListing struct {
	transfer.Listing
	source *Source
	// present are files that the objects hold, under one of their names.
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
		// Under another name it comes only if it comes under this one.
		l.present[item.Inode] = s.Wanted == nil || s.Wanted(item.Path, false)
	case item.Inode == (localtree.Inode{}) || !l.present[item.Inode]:
		item.Refused = NotThere
	}
	return item, nil
}

// complete makes item what the objects hold, and reports whether they hold all of it.
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
