package agent

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// silence is how long an agent may send no data. It sends a heartbeat every few seconds.
const silence = 15 * time.Second

// Source reads from one agent. Its methods may be called at the same time. An agent serves
// eight requests at once, and more wait.
type Source struct {
	client   *http.Client
	codec    wire.Codec
	silence  time.Duration
	readers  sync.Pool // of *wire.Reader
	received [3]atomic.Int64
}

// New returns a Source of the agent that client reaches as host "agent".
// The codec is auto, zstd, s2 or none.
func New(client *http.Client, codec string) (*Source, error) {
	parsed, err := wire.ParseCodec(codec)
	if err != nil {
		return nil, err
	}
	return &Source{client: client, codec: parsed, silence: silence}, nil
}

var _ transfer.Source = (*Source)(nil)

// Received returns how many bytes of content were received so far, before compression, by
// codec.
func (s *Source) Received() map[string]int64 {
	received := map[string]int64{}
	for codec := range s.received {
		if n := s.received[codec].Load(); n > 0 {
			received[wire.Codec(codec).String()] = n
		}
	}
	return received
}

// List implements transfer.Source.
func (s *Source) List(ctx context.Context, paths []string) (transfer.Listing, error) {
	entries := make([]wire.Entry, len(paths))
	for i, path := range paths {
		entries[i].Path = path
	}
	stream, err := s.ask(ctx, "list", entries)
	if err != nil {
		return nil, err
	}
	return &listing{stream}, nil
}

// Open implements transfer.Source.
func (s *Source) Open(ctx context.Context, wants []transfer.Want) (transfer.Contents, error) {
	c := &contents{source: s, ctx: ctx, wants: wants}
	if err := c.ask(); err != nil {
		return nil, err
	}
	return c, nil
}

// Sums implements transfer.Source.
func (s *Source) Sums(ctx context.Context, prefixes []transfer.Prefix) ([]transfer.Sum, error) {
	entries := make([]wire.Entry, len(prefixes))
	for i, prefix := range prefixes {
		entries[i] = wire.Entry{Path: prefix.Path, Number: prefix.Length}
	}
	var result []transfer.Sum
	for len(entries) > 0 {
		n := fits(entries)
		sums, err := s.sums(ctx, entries[:n])
		if err != nil {
			return nil, err
		}
		result, entries = append(result, sums...), entries[n:]
	}
	return result, nil
}
