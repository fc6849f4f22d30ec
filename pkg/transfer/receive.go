package transfer

import (
	"context"
	"errors"
	"io"

	"github.com/zeebo/xxh3"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// zeros is used to hash holes.
var zeros [64 << 10]byte //nolint:gochecknoglobals // read only

// Hasher computes the XXH3-128 of content. The zero value is ready to use.
type Hasher struct{ xxh3.Hasher }

// Add adds a chunk, a hole as zeros. Because a hole can have any length, Add stops when ctx is
// done and returns its error.
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

// Sum returns the hash of the added content.
func (h *Hasher) Sum() [16]byte { return h.Sum128().Bytes() }

// write receives the content of entry from offset on. It renames the file to its final name
// if it is complete and its hash equals that of the source.
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

// mismatched is the state of a file whose content does not match the hash of the source,
// although the source reports no change.
const mismatched = Changed + 1

// unsound reports whether the received content is not a state that the file had.
func unsound(state FileState) bool { return state >= Changed }

// soundness returns the state by the source, or mismatched if the received content does not match it.
func soundness(end FileEnd, sum [16]byte, complete bool) FileState {
	switch {
	case end.State == Changed:
		return Changed
	case !complete, end.Hashed && end.Sum != sum:
		return mismatched
	}
	return end.State
}

// broken handles an error within a file. It keeps the partial file for the next attempt if the
// stream was lost or ctx is done. After another error, such as a full disk, it deletes it.
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

// fill writes all chunks of the content. If there are more than limit bytes, it returns an
// *ExcessError and does not write the excess.
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

// gain counts the length of a partial file beyond the longest earlier one, so that a file
// that is started again each time is not progress.
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

// arrived records a file that was copied.
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
