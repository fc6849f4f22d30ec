package s3mirror

import (
	"bytes"
	"cmp"
	"context"
	"hash"
	"io"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

const (
	// pieceSize is how many bytes one request reads, and ahead how many requests of one stream are
	// active at the same time, because a store has a high latency for each request.
	pieceSize = 4 << 20
	ahead     = 8
)

// contents reads one object after another, in pieces that are requested in advance.
type contents struct {
	stored *Stored
	ctx    context.Context
	cancel context.CancelFunc
	wants  []transfer.Want
	pieces chan *piece

	index      int // in wants, of the file that is read
	entry      *entry
	firstPiece *piece // of the file, if it was not read yet
	offset     int64  // in the file
	given      transfer.Hasher
	whole      hash.Hash
}

// piece is a part of an object.
type piece struct {
	start, length int64
	done          chan struct{}
	content       []byte
	err           error
}

// fetch requests all pieces of all files, in their order.
func (c *contents) fetch() {
	defer close(c.pieces)
	for _, want := range c.wants {
		e := c.stored.index[want.Path]
		for start := want.Offset; e.isStored() && start < e.Size; start += pieceSize {
			p := &piece{start: start, length: min(pieceSize, e.Size-start), done: make(chan struct{})}
			select {
			case c.pieces <- p:
			case <-c.ctx.Done():
				return
			}
			go func() {
				defer close(p.done)
				p.content, p.err = c.read(e, p)
			}()
		}
	}
}

func (c *contents) read(e *entry, p *piece) ([]byte, error) {
	s := c.stored
	body, err := s.store.Part(c.ctx, s.location.Bucket, s.location.Key(e.Path), e.ETag, p.start, p.length)
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }() // it was read
	content := make([]byte, p.length)
	_, err = io.ReadFull(s.through(c.ctx, body), content)
	return content, err
}

// nextPiece waits for the next piece.
func (c *contents) nextPiece() (*piece, error) {
	p, open := <-c.pieces
	if !open { // by the index, there must be another piece
		return nil, cmp.Or(c.ctx.Err(), io.ErrUnexpectedEOF)
	}
	select {
	case <-p.done:
		return p, nil
	case <-c.ctx.Done():
		return nil, c.ctx.Err()
	}
}

// Next implements transfer.Contents.
func (c *contents) Next() (transfer.Item, error) {
	if err := c.skipRest(); err != nil {
		return transfer.Item{}, err
	}
	if c.index++; c.index >= len(c.wants) {
		return transfer.Item{}, io.EOF
	}
	want := c.wants[c.index]
	item := transfer.Item{Entry: localtree.Entry{Path: want.Path, Type: localtree.File}, Offset: want.Offset}
	c.entry = c.stored.index[want.Path]
	c.offset = want.Offset
	c.given = transfer.Hasher{}
	if !c.entry.isStored() {
		item.Refused = NotThere
		return item, nil
	}
	e := c.entry
	item.Size = e.Size
	item.Mode = e.Mode.Perm()
	item.ModTime = e.ModTime
	item.Changed = e.Changed
	if c.offset >= e.Size {
		c.whole = nil // the whole file exists locally, and was compared
		return item, nil
	}
	var err error
	if c.whole, err = e.hashAt(want.Offset); err != nil {
		item.Refused = "no hash is known for its partial local file, so the rest cannot be verified"
		return item, nil //nolint:nilerr // the file is refused by name, and the others are copied
	}
	if c.firstPiece, err = c.nextPiece(); err != nil {
		return item, err
	}
	switch err := c.firstPiece.err; {
	case s3.Absent(err):
		item.Refused = NotThere
	case s3.Replaced(err):
		item.Refused = "its object was replaced after the upload"
	}
	return item, nil
}

// skipRest skips the unread pieces of the current file.
func (c *contents) skipRest() error {
	for c.entry.isStored() && c.offset < c.entry.Size {
		p := c.firstPiece
		if c.firstPiece = nil; p == nil {
			var err error
			if p, err = c.nextPiece(); err != nil {
				return err
			}
		}
		c.offset = p.start + p.length
	}
	return nil
}

// Chunk implements transfer.Contents.
func (c *contents) Chunk() (transfer.Chunk, error) {
	if !c.entry.isStored() || c.offset >= c.entry.Size {
		return transfer.Chunk{}, io.EOF
	}
	p := c.firstPiece
	if c.firstPiece = nil; p == nil {
		var err error
		if p, err = c.nextPiece(); err != nil {
			return transfer.Chunk{}, err
		}
	}
	if p.err != nil {
		return transfer.Chunk{}, transfer.Lost(p.err)
	}
	chunk := transfer.Chunk{Data: p.content}
	_, _ = c.given.Write(p.content) // never fails
	_, _ = c.whole.Write(p.content) // never fails
	c.offset += p.length
	return chunk, nil
}

// End implements transfer.Contents. The state is Changed if the SHA-256 differs from the index.
func (c *contents) End() transfer.FileEnd {
	end := transfer.FileEnd{Sum: c.given.Sum(), Hashed: true}
	if c.whole != nil && !bytes.Equal(c.whole.Sum(nil), c.entry.SHA256) {
		end.State = transfer.Changed
	}
	return end
}

// Proof implements transfer.Contents.
func (*contents) Proof() transfer.Proof { return transfer.Proof{Hashed: true} }

// Close implements transfer.Contents.
func (c *contents) Close() error {
	c.cancel()
	return nil
}
