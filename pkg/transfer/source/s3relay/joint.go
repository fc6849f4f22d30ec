package s3relay

import (
	"errors"
	"io"
	"slices"

	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// joint is a large file whose pieces are in several objects.
type joint struct {
	*contents
	firstItem transfer.Item
	start     int64 // where what is given begins
	offset    int64 // the end of the received content
	skip      int64 // how many bytes of this piece exist locally
	state     transfer.FileState
	// uncertain says that the file may have changed since the first piece was read.
	uncertain    bool
	piece, whole transfer.Hasher
}

// join starts a large file with its first piece.
func (c *contents) join(item transfer.Item) transfer.Item {
	want := c.current.wants[0]
	if item.Refused != "" {
		c.drop(want.Path)
		return item
	}
	j := &joint{contents: c, firstItem: item, start: want.Offset + c.current.skip, offset: want.Offset, skip: c.current.skip}
	j.compareSize(item)
	if item.Offset != want.Offset || item.Size != c.current.end {
		j.state = transfer.Changed // it got shorter
	}
	c.file = j
	item.Size, item.Offset = c.current.size, j.start
	return item
}

// compareSize checks whether the file still has the size for which it was cut. If it is longer,
// finish compares the content with the agent. If it is shorter, the next attempt cuts it again.
func (j *joint) compareSize(item transfer.Item) {
	switch size := j.packed.Size; {
	case j.packed.Path != item.Path || size == j.current.size:
	case size > j.current.size:
		j.uncertain = true
	default:
		j.state = transfer.Changed
		j.source.resize(item.Path, size)
	}
}

// drop discards the pieces of a file that were not read yet.
func (c *contents) drop(path string) {
	belongs := func(g *segment) bool { return g.end > 0 && g.wants[0].Path == path }
	c.rest = slices.DeleteFunc(c.rest, func(g segment) bool { return belongs(&g) })
	c.pending = slices.DeleteFunc(c.pending, func(m *making) bool {
		if belongs(&m.segment) {
			c.dropped = append(c.dropped, m)
		}
		return belongs(&m.segment)
	})
}

// chunk returns the next chunk of content. It continues with the next object at the end of one.
func (j *joint) chunk() (transfer.Chunk, error) {
	for j.state != transfer.Changed {
		chunk, err := j.object.Chunk()
		if err == nil {
			if err := j.piece.Add(j.ctx, chunk); err != nil {
				return transfer.Chunk{}, err
			}
			j.offset += int64(len(chunk.Data)) + chunk.Hole
			if chunk = j.behind(chunk); len(chunk.Data) > 0 || chunk.Hole > 0 {
				return chunk, j.whole.Add(j.ctx, chunk)
			}
			continue
		}
		if !errors.Is(err, io.EOF) {
			return transfer.Chunk{}, err
		}
		if err := j.turn(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return transfer.Chunk{}, err
		}
	}
	return transfer.Chunk{}, j.finish()
}

// behind returns the part of chunk that does not exist locally.
func (j *joint) behind(chunk transfer.Chunk) transfer.Chunk {
	n := min(j.skip, int64(len(chunk.Data))+chunk.Hole)
	j.skip -= n
	if chunk.Hole > 0 {
		chunk.Hole -= n
	} else {
		chunk.Data = chunk.Data[n:]
	}
	return chunk
}

// turn goes from the end of one piece to the start of the next one. The error is io.EOF after the last.
func (j *joint) turn() error {
	end := j.object.End()
	if end.State == transfer.Changed || end.Sum != j.piece.Sum() || j.offset != j.current.end {
		j.state = transfer.Changed
		return nil
	}
	j.uncertain = j.uncertain || end.State == transfer.Growing
	if j.current.isLast() {
		return io.EOF
	}
	j.piece = transfer.Hasher{}
	item, err := j.nextItem()
	if err == nil {
		j.compare(item)
	}
	return err
}

// compare checks whether a piece is from the same state of the file as the first one.
func (j *joint) compare(item transfer.Item) {
	j.compareSize(item)
	switch {
	case item.Refused != "" || item.Path != j.firstItem.Path || item.Offset != j.offset || item.Size != j.current.end:
		j.state = transfer.Changed
	case !item.ModTime.Equal(j.firstItem.ModTime) || !item.Changed.Equal(j.firstItem.Changed):
		j.uncertain = true
	}
}

// finish determines the final state of the file and returns io.EOF.
func (j *joint) finish() error {
	sum := j.whole.Sum()
	if j.uncertain && j.state != transfer.Changed {
		state, err := j.ask(sum)
		if err != nil {
			return err
		}
		j.state = state
	}
	if j.state == transfer.Changed {
		j.drop(j.firstItem.Path)
		if j.object != nil {
			_ = j.object.Close() // the rest is not needed
			j.object = nil
		}
	}
	j.ended = transfer.FileEnd{Sum: sum, Hashed: true, State: j.state}
	j.file = nil
	return io.EOF
}

// ask compares the received content with the current start of the file. Pieces from different
// moments may still be consistent, for example those of a growing log.
func (j *joint) ask(sum [16]byte) (transfer.FileState, error) {
	if j.source.bucketOnly {
		return transfer.Growing, nil // there is no agent to compare with, so that the user is told
	}
	if j.start > 0 {
		return transfer.Changed, nil
	}
	// The request for one more byte shows whether the file is longer.
	path := j.firstItem.Path
	sums, err := j.source.Sums(j.ctx, []transfer.Prefix{{Path: path, Length: j.offset}, {Path: path, Length: j.offset + 1}})
	switch {
	case err != nil:
		return transfer.Changed, err
	case len(sums) != 2 || sums[0].Refused != "" || sums[0].Length != j.offset || sums[0].Sum != sum:
		return transfer.Changed, nil
	case sums[1].Length > j.offset:
		return transfer.Growing, nil
	}
	return transfer.Still, nil
}
