package s3

import (
	"context"
	"sync"
)

// mostRequests is how many requests may wait for the start of a response at the same time.
const mostRequests = 64

// pace limits the number of concurrent requests. The limit falls if the store reports that it is too busy, and then
// slowly rises.
type pace struct {
	mu     sync.Mutex
	limit  float64
	active int
	// changed is closed when a request may be possible.
	changed chan struct{}
}

func newPace() *pace { return &pace{limit: mostRequests, changed: make(chan struct{})} }

// acquire waits until one more request may be made.
func (p *pace) acquire(ctx context.Context) error {
	for {
		p.mu.Lock()
		if p.active < int(p.limit) {
			p.active++
			p.mu.Unlock()
			return nil
		}
		changed := p.changed
		p.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// release records a response. It halves the limit if the store is too busy. Otherwise the limit rises by 1 after as
// many responses as the limit.
func (p *pace) release(busy bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.active--
	if busy {
		p.limit = max(1, p.limit/2)
	} else {
		p.limit = min(mostRequests, p.limit+1/p.limit)
	}
	close(p.changed)
	p.changed = make(chan struct{})
}
