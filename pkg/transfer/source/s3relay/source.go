package s3relay

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/presigned"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/agent"
)

const (
	// atOnce is how many objects are packed and stored at the same time.
	atOnce = 4
	// DefaultChunk is the size of an object with the highest throughput in one request, in bytes.
	DefaultChunk = 64 << 20
	// removing is how long the removal of one object may take.
	removing = 30 * time.Second
)

// Options configure a Source.
type Options struct {
	// Agent packs the files. UseAgent replaces it.
	Agent *agent.Source
	Store *s3.Store
	// At is the location for the objects of this fetch only.
	At s3.Location
	// Chunk is the size of the pieces of a large file, in bytes before compression:
	// DefaultChunk if zero. The other files of a request have about the same size together
	// and are packed into one object.
	Chunk int64
	// Valid is how long a pre-signed request is valid: presigned.DefaultValid if zero.
	Valid time.Duration
	// Resume uses the objects of an earlier process.
	Resume bool
	// Through, if not nil, wraps the readers of all objects.
	Through func(context.Context, io.Reader) io.Reader
	// Keep does not remove the objects.
	Keep bool
	// Layout is the Layout of the request. Symlinks that stay inside the tree have their local form in the index.
	// Wanted, if not nil, selects the entries of the index.
	Layout *localtree.Layout
	Wanted func(path string, dir bool) bool
	Now    func() time.Time
}

// Source transfers files through a bucket. Call Wait after the transfer.
type Source struct {
	Options
	agent  atomic.Pointer[agent.Source]
	puts   presigned.Puts
	slots  chan struct{}
	run    string // a random word, for unique names of objects
	number atomic.Int64
	// bucketOnly says that there is no agent, so that only the objects in the bucket can be read.
	bucketOnly bool

	mu        sync.Mutex
	large     map[string]large
	leftovers *leftovers
	index     *index
	removal   sync.WaitGroup
	stays     error // the error of an object that could not be removed
}

// New returns a Source.
func New(o Options) *Source {
	if o.Valid == 0 {
		o.Valid = presigned.DefaultValid
	}
	if o.Through == nil {
		o.Through = func(_ context.Context, r io.Reader) io.Reader { return r }
	}
	if o.Chunk == 0 {
		o.Chunk = DefaultChunk
	}
	s := &Source{Options: o, slots: make(chan struct{}, atOnce), run: strings.ToLower(rand.Text()[:8]), large: map[string]large{}}
	s.puts.Store = o.Store
	s.puts.Bucket = o.At.Bucket
	s.puts.Valid = o.Valid
	s.puts.Now = o.Now
	s.agent.Store(o.Agent)
	return s
}

// UseAgent replaces the agent after the earlier one was lost.
func (s *Source) UseAgent(remote *agent.Source) { s.agent.Store(remote) }

var _ transfer.Source = (*Source)(nil)

// Sums implements transfer.Source.
func (s *Source) Sums(ctx context.Context, prefixes []transfer.Prefix) ([]transfer.Sum, error) {
	return s.agent.Load().Sums(ctx, prefixes)
}

// Open implements transfer.Source.
func (s *Source) Open(ctx context.Context, wants []transfer.Want) (transfer.Contents, error) {
	if err := s.writeIndex(ctx); err != nil {
		return nil, transfer.Lost(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	c := &contents{source: s, ctx: ctx, cancel: cancel, rest: s.cut(wants)}
	c.packAhead()
	return c, nil
}

// put makes the agent create the object of one segment.
func (s *Source) put(ctx context.Context, g segment) error {
	if s.bucketOnly {
		return errors.New("some of the files at " + s.At.String() + " cannot be read")
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for renewal := 0; ; renewal++ {
		signed := s.Now()
		err := s.putOnce(ctx, g)
		refused, ok := errors.AsType[*wire.PutError](err)
		switch {
		case !ok:
			return err
		case renewal < presigned.MostRenewals && s.puts.Outdated(refused, signed):
			continue
		}
		return s.puts.Refused(refused)
	}
}

func (s *Source) putOnce(ctx context.Context, g segment) error {
	signed, err := s.Store.SignPut(ctx, s.At.Bucket, s.At.Key(g.name), s3.Attributes{}, s.Valid)
	if err != nil {
		return err
	}
	target := wire.Target{URL: signed.URL, Roots: string(s.Store.Roots()), End: g.end, Tries: s.puts.Tries()}
	err = s.agent.Load().Store(ctx, target, g.wants)
	if err == nil {
		s.puts.Reached()
	}
	return err
}

// remove removes an object in the background.
func (s *Source) remove(ctx context.Context, name string) {
	if s.Keep {
		return
	}
	s.removal.Go(func() {
		ctx, cancel := transfer.Outlast(ctx, transfer.Grace, removing)
		defer cancel()
		if err := s.Store.Delete(ctx, s.At.Bucket, s.At.Key(name)); err != nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.stays = err
		}
	})
}

// Wait waits for the removal of objects, and returns an error if one could not be removed.
func (s *Source) Wait() error {
	s.removal.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stays
}
