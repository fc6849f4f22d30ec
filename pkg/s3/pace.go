package s3

import (
	"context"
	"sync"
)

// mostRequests is how many requests of this process a store begins to answer at the same time.
const mostRequests = 64

// pace keeps few requests under way with a store that says it is too busy, and slowly more again with one that does not.
type pace struct {
	mu     sync.Mutex
	limit  float64
	active int
	// changed is closed when there may be room.
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

// release takes note of an answer: half as many requests at the same time where the store is too busy, and one more
// after as many good answers as there may be requests.
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
