package transfer

import (
	"context"
	"errors"
	"io"

	"github.com/zeebo/xxh3"

	"github.com/kubectl-batch/kubectl-batch/pkg/archive"
)

// zeros is what a hole is hashed as.
var zeros [64 << 10]byte //nolint:gochecknoglobals // read only

// Hasher computes the XXH3-128 of content. Its zero value has seen none.
type Hasher struct{ xxh3.Hasher }

// Add takes a chunk into account, a hole as zeros.
func (h *Hasher) Add(c Chunk) {
	_, _ = h.Write(c.Data) // never fails
	for left := c.Hole; left > 0; {
		n := min(left, int64(len(zeros)))
		_, _ = h.Write(zeros[:n])
		left -= n
	}
}

// Sum is that of what was added.
func (h *Hasher) Sum() [16]byte { return h.Sum128().Bytes() }

// write takes the content of entry from offset on, and gives the file its name
// once it is whole and its hash is the source's.
func (c *carrier) write(ctx context.Context, entry archive.Entry, offset int64, contents Contents) (FileState, error) {
	part, err := c.worker.Begin(entry, offset)
	if err != nil {
		return Still, err
	}
	got, sum, err := c.fill(ctx, part, contents)
	if err != nil {
		return Still, c.broken(ctx, part, got, err)
	}
	end := contents.End()
	if end.State == Changed || end.Hashed && end.Sum != sum || offset+got != entry.Size {
		part.Discard()
		c.meter.add(0, -got)
		return Changed, nil
	}
	outcome, err := part.Commit(entry)
	if err != nil {
		return Still, err
	}
	c.arrived(entry, outcome, end)
	return end.State, nil
}

// broken leaves what came of a file for the next attempt. An error of the local
// disk leaves nothing: it may be full.
func (c *carrier) broken(ctx context.Context, part *archive.Partial, got int64, err error) error {
	_, lost := errors.AsType[*LostError](err)
	if c.resumes && (lost || ctx.Err() != nil) {
		part.Leave()
		c.gain(got)
	} else {
		part.Discard()
	}
	c.meter.add(0, -got)
	return err
}

// fill writes all chunks of the content.
func (c *carrier) fill(ctx context.Context, part *archive.Partial, contents Contents) (got int64, sum [16]byte, err error) {
	var hash Hasher
	for {
		chunk, err := contents.Chunk()
		switch {
		case errors.Is(err, io.EOF):
			return got, hash.Sum(), nil
		case err != nil:
			return got, sum, err
		case ctx.Err() != nil:
			return got, sum, ctx.Err()
		}
		hash.Add(chunk)
		if err := put(part, chunk); err != nil {
			return got, sum, err
		}
		n := int64(len(chunk.Data)) + chunk.Hole
		got += n
		c.meter.add(0, n)
	}
}

func put(part *archive.Partial, chunk Chunk) error {
	if chunk.Hole > 0 {
		part.Skip(chunk.Hole)
		return nil
	}
	_, err := part.Write(chunk.Data)
	return err
}

func (f *fetch) gain(bytes int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gained += bytes
}

// arrived records a file that is here.
func (c *carrier) arrived(entry archive.Entry, outcome archive.Outcome, end FileEnd) {
	c.meter.add(1, 0)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gained++
	if c.wrote != nil {
		c.wrote[xxh3.HashString(entry.Path)] = struct{}{}
	}
	c.receipt.note(entry, outcome.Local)
	c.have(entry, false)
	if end.State == Growing {
		c.tally.Growing = append(c.tally.Growing, entry.Path)
	}
}
