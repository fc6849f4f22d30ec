package s3mirror

import (
	"context"
	"sync"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

const (
	// saveEvery is the interval at which the index is written while files are sent. The interval is at
	// least share times as long as writing it takes.
	saveEvery = 2 * time.Second
	share     = 20
)

// saving is the time of the next write of the index.
type saving struct {
	mu       sync.Mutex // held during a write
	nextSave time.Time
	took     time.Duration
}

// quick is the time up to which an index is written for every new upload, and before it is completed, so that
// a later copy can resume the upload if this one is killed.
const quick = 200 * time.Millisecond

// saveQuickly writes the index now, if that is fast. If this fails, the next request reports the error.
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

// intend marks the planned files in the index, so that a later copy recognizes their objects if this one is killed.
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

// checkpoint writes the index if it is due. If this fails, the next request reports the error.
func (c *copying) checkpoint(ctx context.Context) {
	if !c.saved.mu.TryLock() {
		return // another goroutine writes it
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
