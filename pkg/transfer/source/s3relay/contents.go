package s3relay

import (
	"context"
	"errors"
	"io"

	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// ahead is how many objects of one stream are packed in advance, besides the one that is
// being read.
const ahead = 2

// contents reads one object after another while the next ones are packed.
type contents struct {
	source  *Source
	ctx     context.Context
	cancel  context.CancelFunc
	rest    []segment
	pending []*making
	current *making           // that which is read
	object  transfer.Contents // of now
	index   int               // in now's wants, of the next file
	file    *joint            // the large file that is being read; nil if there is none
	ended   transfer.FileEnd  // of the last large file
	packed  transfer.Item     // the last file of now's list
	// dropped are pieces of a file that is not wanted any more.
	dropped []*making
}

// making is an object that the agent is packing.
type making struct {
	segment
	done chan struct{}
	err  error
}

// packAhead makes the agent pack objects, up to the limit ahead.
func (c *contents) packAhead() {
	for len(c.rest) > 0 && len(c.pending) <= ahead {
		m := &making{segment: c.rest[0], done: make(chan struct{})}
		c.rest, c.pending = c.rest[1:], append(c.pending, m)
		go func() {
			defer close(m.done)
			if !m.stored {
				m.err = c.source.put(c.ctx, m.segment)
			}
		}()
	}
}

// advance opens the next object. The error is io.EOF if there is none.
func (c *contents) advance() error {
	c.finishObject()
	c.packAhead()
	if len(c.pending) == 0 {
		return io.EOF
	}
	following := c.pending[0]
	select {
	case <-following.done:
	case <-c.ctx.Done():
		return c.ctx.Err()
	}
	if following.err != nil {
		return following.err
	}
	c.current, c.pending = following, c.pending[1:]
	c.packAhead()
	location := c.source.At
	body, err := c.source.Store.Get(c.ctx, location.Bucket, location.Key(following.name))
	if s3.Absent(err) {
		return &transfer.LostError{Cause: err} // the next attempt packs it again
	}
	if err != nil {
		return transfer.Lost(err)
	}
	c.index = 0
	c.object = c.source.agent.Load().Decode(c.ctx, &through{c.source.Through(c.ctx, body), body}, following.wants, c.head)
	return nil
}

// head receives the metadata of a file when it was packed.
func (c *contents) head(item transfer.Item) { c.packed = item }

// finishObject closes the object that was read, and removes it from the bucket.
func (c *contents) finishObject() {
	if c.object == nil {
		return
	}
	_ = c.object.Close() // it was read to its end
	if !c.current.stored {
		c.source.remove(c.ctx, c.current.name)
	}
	c.current, c.object = nil, nil
}

// Next implements transfer.Contents.
func (c *contents) Next() (transfer.Item, error) {
	if err := c.skipRest(); err != nil {
		return transfer.Item{}, err
	}
	for {
		item, err := c.nextItem()
		switch {
		case err != nil:
			return transfer.Item{}, err
		case c.current.end > 0:
			return c.join(item), nil
		case c.current.taken == nil || c.current.taken[c.index-1]:
			return item, nil
		}
	}
}

// nextItem returns the next file, or piece of one, of this object or the following one.
func (c *contents) nextItem() (transfer.Item, error) {
	for {
		if c.object == nil {
			if err := c.advance(); err != nil {
				return transfer.Item{}, err
			}
		}
		item, err := c.object.Next()
		if errors.Is(err, io.EOF) {
			c.finishObject()
			continue
		}
		c.index++
		return item, err
	}
}

// skipRest reads the rest of the current file.
func (c *contents) skipRest() error {
	for c.file != nil {
		if _, err := c.Chunk(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
	return nil
}

// Chunk implements transfer.Contents.
func (c *contents) Chunk() (transfer.Chunk, error) {
	if c.file != nil {
		return c.file.chunk()
	}
	if c.object == nil {
		return transfer.Chunk{}, io.EOF
	}
	return c.object.Chunk()
}

// End implements transfer.Contents.
func (c *contents) End() transfer.FileEnd {
	if c.current == nil || c.current.end > 0 {
		return c.ended
	}
	return c.object.End()
}

// Proof implements transfer.Contents.
func (*contents) Proof() transfer.Proof { return transfer.Proof{Hashed: true} }

// Close implements transfer.Contents. Objects that were not read stay for a later attempt.
func (c *contents) Close() error {
	c.cancel()
	if c.object != nil {
		_ = c.object.Close() // its end is not needed
		c.source.giveBack(c.current)
	}
	for _, m := range append(c.pending, c.dropped...) {
		<-m.done
		c.source.giveBack(m)
	}
	return nil
}
