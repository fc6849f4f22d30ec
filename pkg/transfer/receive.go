package transfer

import (
	"context"
	"errors"
	"io"

	"github.com/zeebo/xxh3"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// zeros is what a hole is hashed as.
var zeros [64 << 10]byte //nolint:gochecknoglobals // read only

// Hasher computes the XXH3-128 of content. Its zero value has seen none.
type Hasher struct{ xxh3.Hasher }

// Add takes a chunk into account, a hole as zeros. A hole can be of any length, so
// that its error is that of ctx, once that is done.
func (h *Hasher) Add(ctx context.Context, c Chunk) error {
	_, _ = h.Write(c.Data) // never fails
	for remaining := c.Hole; remaining > 0; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(remaining, int64(len(zeros)))
		_, _ = h.Write(zeros[:n])
		remaining -= n
	}
	return nil
}

// Sum is that of what was added.
func (h *Hasher) Sum() [16]byte { return h.Sum128().Bytes() }

// write takes the content of entry from offset on, and gives the file its name
// once it is whole and its hash is the source's.
func (c *carrier) write(ctx context.Context, entry localtree.Entry, offset int64, contents Contents) (FileState, error) {
	part, err := c.worker.StartPartial(entry, offset)
	if err != nil {
		return Still, err
	}
	got, sum, err := c.fill(ctx, part, contents, entry.Path, entry.Size-offset)
	if err != nil {
		return Still, c.broken(ctx, part, entry, offset, got, err)
	}
	end := contents.End()
	if state := soundness(end, sum, offset+got == entry.Size); unsound(state) {
		part.Discard()
		c.meter.add(0, -got)
		return state, nil
	}
	outcome, err := part.Commit(entry)
	if err != nil {
		return Still, err
	}
	c.arrived(entry, outcome, end)
	return end.State, nil
}

// mismatched is a file whose content is not what the source hashed, although the source
// says that nothing changed it.
const mismatched = Changed + 1

// unsound reports whether content, as it came, is no state that its file ever had.
func unsound(state FileState) bool { return state >= Changed }

// soundness is the state that a source gives, or a worse one where its words do not fit what came.
func soundness(end FileEnd, sum [16]byte, complete bool) FileState {
	switch {
	case end.State == Changed:
		return Changed
	case !complete, end.Hashed && end.Sum != sum:
		return mismatched
	}
	return end.State
}

// broken leaves what came of a file for the next attempt. An error of the local
// disk leaves nothing: it may be full.
func (c *carrier) broken(ctx context.Context, part *localtree.Partial, entry localtree.Entry, offset, got int64, err error) error {
	_, lost := errors.AsType[*LostError](err)
	if c.resumes && entry.Size >= worthResuming && (lost || ctx.Err() != nil) {
		part.Suspend()
		c.gain(entry.Path, offset+got)
	} else {
		part.Discard()
	}
	c.meter.add(0, -got)
	return err
}

// fill writes all chunks of the content, which are most bytes at most. What is more
// is neither written nor hashed.
func (c *carrier) fill(ctx context.Context, part *localtree.Partial, contents Contents, path string, limit int64) (got int64, sum [16]byte, err error) {
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
		n := int64(len(chunk.Data)) + chunk.Hole
		if n > limit-got {
			return got, sum, &ExcessError{Path: path, Announced: limit}
		}
		if err := put(part, chunk); err != nil {
			return got, sum, err
		}
		if err := hash.Add(ctx, chunk); err != nil {
			return got, sum, err
		}
		got += n
		c.meter.add(0, n)
	}
}

func put(part *localtree.Partial, chunk Chunk) error {
	if chunk.Hole > 0 {
		return part.Skip(chunk.Hole)
	}
	_, err := part.Write(chunk.Data)
	return err
}

// gain counts what was left of a file as far as no part before it was as long: one that
// is begun anew each time brings nothing.
func (f *fetch) gain(path string, length int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.longest == nil {
		f.longest = map[string]int64{}
	}
	if growth := length - f.longest[path]; growth > 0 {
		f.longest[path] = length
		f.gained += growth
	}
}

// arrived records a file that is here.
func (c *carrier) arrived(entry localtree.Entry, outcome localtree.Outcome, end FileEnd) {
	c.meter.add(1, 0)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gained++
	if c.wrote != nil {
		c.wrote[xxh3.HashString(entry.Path)] = struct{}{}
	}
	c.receipt.note(entry, outcome.Local, EvidenceOf(entry, c.InUse))
	c.have(entry, false)
	if c.InUse && entry.Recent {
		c.tally.Unsettled = append(c.tally.Unsettled, entry.Path)
	}
	if end.State == Growing {
		c.tally.Growing = append(c.tally.Growing, entry.Path)
	}
}
