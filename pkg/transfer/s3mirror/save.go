package s3mirror

import (
	"context"
	"sync"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

const (
	// saveEvery is how often the index is written while files are sent, and share how many times
	// as long as that takes it is left alone at least.
	saveEvery = 2 * time.Second
	share     = 20
)

// saving is when the index was written.
type saving struct {
	mu       sync.Mutex // held while it is
	nextSave time.Time
	took     time.Duration
}

// quick is how long writing an index takes that is written for every upload that begins, and before it is
// put together: what is killed then can be gone on with.
const quick = 200 * time.Millisecond

// saveQuickly writes the index now, where that takes little. An error is met again by the next request.
func (c *copying) saveQuickly(ctx context.Context) {
	c.saved.mu.Lock()
	slow := c.saved.took >= quick
	c.saved.mu.Unlock()
	if slow {
		c.checkpoint(ctx)
		return
	}
	_ = c.save(ctx)
}

// intend marks what is about to be sent: an object that a copy left which was killed is its own.
func (c *copying) intend(ctx context.Context) error {
	if len(c.small)+len(c.large) == 0 {
		return nil
	}
	for _, tasks := range [][]*task{c.small, c.large} {
		for _, t := range tasks {
			e := c.index[t.Path]
			if e == nil || e.Type != localtree.File {
				e = &entry{Path: t.Path, Type: localtree.File, Mode: t.Mode, facts: facts{Source: c.SourceID}}
				c.index[t.Path] = e
			}
			if e.Source != c.SourceID { // --force takes it over
				e.facts = facts{Source: c.SourceID}
			}
			e.Planned = true
		}
	}
	c.dirty, c.begun = true, true
	return c.Attempts(ctx, c.lasting, c.present, func(ctx context.Context) error { return transfer.Lost(c.save(ctx)) })
}

// checkpoint writes the index now and then. An error is met again by who sends.
func (c *copying) checkpoint(ctx context.Context) {
	if !c.saved.mu.TryLock() {
		return // somebody does
	}
	due := c.Now().After(c.saved.nextSave)
	c.saved.mu.Unlock()
	if due {
		_ = c.save(ctx)
	}
}

// save writes the index.
func (c *copying) save(ctx context.Context) error {
	c.saved.mu.Lock()
	defer c.saved.mu.Unlock()
	began := c.Now()
	c.mu.Lock()
	text, err := c.index.text()
	c.mu.Unlock()
	if err == nil {
		err = c.Store.Put(ctx, c.At.Bucket, c.At.Key(indexName), text)
	}
	ended := c.Now()
	c.saved.took = ended.Sub(began)
	c.saved.nextSave = ended.Add(max(saveEvery, share*c.saved.took))
	return err
}
