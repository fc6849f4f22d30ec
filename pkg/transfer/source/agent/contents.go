package agent

import (
	"context"
	"errors"
	"io"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// contents is the result of Open. It sends as many requests as wants need, one after
// another.
type contents struct {
	source    *Source
	ctx       context.Context // of the requests still to be made
	wants     []transfer.Want // not yet requested or not yet received
	requested int             // how many of wants are in the current request
	index     int             // of the next file in the request
	stream    *stream
	// head receives the list before the files; nil if there is none.
	head func(transfer.Item)

	open      bool  // a file has begun and not ended
	remaining int64 // what its content still lacks
	path      string
	size      int64 // of the file, as announced
	end       transfer.FileEnd
}

// ask requests the next wants.
func (c *contents) ask() error {
	entries := make([]wire.Entry, min(len(c.wants), wire.MaxEntries))
	for i := range entries {
		entries[i] = entryOf(c.wants[i])
	}
	c.requested, c.index = fits(entries), 0
	var err error
	c.stream, err = c.source.ask(c.ctx, "files", entries[:c.requested])
	return err
}

// entryOf returns the entry of a request for one file.
func entryOf(want transfer.Want) wire.Entry {
	return wire.Entry{Path: want.Path, Number: want.Offset, Limited: want.Listed, Limit: want.Size}
}

// Next implements transfer.Contents.
func (c *contents) Next() (transfer.Item, error) {
	if c.stream == nil {
		return transfer.Item{}, errClosed
	}
	for c.open {
		if _, err := c.Chunk(); err != nil && !errors.Is(err, io.EOF) {
			return transfer.Item{}, err
		}
	}
	frame, err := c.nextFrame()
	if errors.Is(err, io.EOF) {
		return c.nextRequest()
	}
	if err != nil {
		return transfer.Item{}, err
	}
	if c.requested == 0 {
		return transfer.Item{}, errUnasked
	}
	want := c.wants[0]
	c.wants, c.requested = c.wants[1:], c.requested-1
	return c.startFile(want, frame)
}

// nextFrame returns the next frame after the list, which must contain exactly the requested files.
func (c *contents) nextFrame() (*wire.Frame, error) {
	frame, err := c.stream.read()
	if c.head == nil {
		return frame, err
	}
	listed := 0
	for ; err == nil && frame.Kind == wire.KindNode; listed++ {
		if listed == len(c.wants) || frame.Node.Path != c.wants[listed].Path {
			return nil, errUnasked
		}
		c.head(itemOf(&frame.Node))
		frame, err = c.stream.read()
	}
	c.head = nil
	if err == nil && listed != len(c.wants) {
		return nil, errUnasked
	}
	return frame, err
}

// nextRequest continues with another request after the end of a response.
func (c *contents) nextRequest() (transfer.Item, error) {
	if c.requested > 0 {
		return transfer.Item{}, errUnasked
	}
	if len(c.wants) == 0 {
		return transfer.Item{}, io.EOF
	}
	if err := c.Close(); err != nil {
		return transfer.Item{}, lost(c.ctx, err)
	}
	if err := c.ask(); err != nil {
		return transfer.Item{}, err
	}
	return c.Next()
}

// startFile reads the first frame of a file.
func (c *contents) startFile(want transfer.Want, frame *wire.Frame) (transfer.Item, error) {
	item := transfer.Item{Entry: localtree.Entry{Path: want.Path, Type: localtree.File}}
	defer func() { c.index++ }()
	c.end = transfer.FileEnd{}
	switch {
	case frame.Kind == wire.KindFailure && frame.Failure.Index == c.index:
		item.Refused = frame.Failure.Text
		return item, nil
	case frame.Kind != wire.KindFile, frame.File.Index != c.index,
		frame.File.Offset != want.Offset && frame.File.Offset != 0:
		return transfer.Item{}, errUnasked
	}
	f := &frame.File
	item.Mode = f.Mode
	item.Size = f.Size
	item.ModTime = f.ModTime
	item.Changed = f.Changed
	item.Offset = f.Offset
	item.Beyond = f.Beyond
	item.Recent = f.Recent
	c.open = true
	c.remaining = f.Size - f.Offset
	c.path = want.Path
	c.size = f.Size
	return item, nil
}

// Chunk implements transfer.Contents.
func (c *contents) Chunk() (transfer.Chunk, error) {
	if !c.open {
		return transfer.Chunk{}, io.EOF
	}
	frame, err := c.stream.read()
	if errors.Is(err, io.EOF) {
		err = errUnasked // the stream must not end within a file
	}
	if err != nil {
		return transfer.Chunk{}, err
	}
	var chunk transfer.Chunk
	switch frame.Kind {
	case wire.KindData:
		chunk.Data = frame.Data
	case wire.KindHole:
		chunk.Hole = frame.Hole
	default:
		return chunk, c.finish(frame)
	}
	c.remaining -= int64(len(chunk.Data)) + chunk.Hole
	if c.remaining < 0 {
		return transfer.Chunk{}, &transfer.ExcessError{Path: c.path, Announced: c.size}
	}
	return chunk, nil
}

// finish reads the last frame of a file, and returns io.EOF if it is valid.
func (c *contents) finish(frame *wire.Frame) error {
	switch {
	case frame.Kind == wire.KindFailure:
		c.end = transfer.FileEnd{State: transfer.Changed}
	case frame.Kind == wire.KindFileEnd && (c.remaining == 0 || frame.FileEnd.State == wire.Changed):
		c.end = transfer.FileEnd{Sum: frame.FileEnd.Sum, Hashed: true, State: stateOf(frame.FileEnd.State)}
	default:
		return errUnasked
	}
	c.open = false
	return io.EOF
}

func stateOf(s wire.State) transfer.FileState {
	switch s {
	case wire.Still:
		return transfer.Still
	case wire.Growing:
		return transfer.Growing
	case wire.Changed:
	}
	return transfer.Changed
}

// End implements transfer.Contents.
func (c *contents) End() transfer.FileEnd { return c.end }

// Proof implements transfer.Contents.
func (*contents) Proof() transfer.Proof { return transfer.Proof{Hashed: true} }

// Close implements transfer.Contents.
func (c *contents) Close() error {
	if c.stream == nil {
		return nil
	}
	c.stream.count()
	err := c.stream.Close()
	c.stream = nil
	return err
}
