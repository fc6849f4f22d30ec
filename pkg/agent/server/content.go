package server

import (
	"context"

	"github.com/zeebo/xxh3"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
)

const (
	// zeroRun is how many zeros are hashed at once, skimSize how much is read at
	// once of what is not sent.
	zeroRun  = 64 << 10
	skimSize = 128 << 10
)

// consumer does something with the pieces of a file.
type consumer interface {
	// data reads at most n bytes from place on, and returns them.
	data(p part, offset, n int64) ([]byte, error)
	hole(n int64) error
}

// sending reads right into a stream.
type sending struct{ out *wire.Writer }

func (s sending) data(p part, offset, n int64) ([]byte, error) {
	room, err := s.out.Data(n)
	if err != nil {
		return nil, err
	}
	got, err := p.readAt(room, offset)
	s.out.Commit(got)
	return room[:got], inFile(err)
}

func (s sending) hole(n int64) error { return s.out.Hole(n) }

// skimming reads without sending.
type skimming struct{ room []byte }

func (s *skimming) data(p part, offset, n int64) ([]byte, error) {
	if s.room == nil {
		s.room = make([]byte, skimSize)
	}
	got, err := p.readAt(s.room[:min(n, skimSize)], offset)
	return s.room[:got], inFile(err)
}

func (*skimming) hole(int64) error { return nil }

// fileError says that reading a file failed, as opposed to writing the answer.
type fileError struct{ cause error }

func (e *fileError) Error() string { return e.cause.Error() }

// inFile marks errors of reading.
func inFile(err error) error {
	if err == nil {
		return nil
	}
	return &fileError{err}
}

// content hashes the content of files, one at a time.
type content struct {
	ctx   context.Context // of one request
	hash  xxh3.Hasher
	zeros []byte
}

// read goes through p and returns the hash of it, with zeros for its holes.
// whole is false where the file ended before p does.
func (c *content) read(p part, out consumer) (sum [16]byte, whole bool, err error) {
	c.hash.Reset()
	holes := p.facts.stored < p.facts.size
	for offset := p.start; offset < p.end; {
		data, hole := offset, p.end
		if holes {
			data, hole, holes = p.nextData(offset, p.end)
		}
		if err := c.hole(data-offset, out); err != nil {
			return sum, false, err
		}
		if offset, err = c.data(p, data, hole, out); err != nil || offset < hole {
			return sum, false, err
		}
	}
	return c.hash.Sum128().Bytes(), true, nil
}

// data reads from place to end, and returns how far it came.
func (c *content) data(p part, offset, end int64, out consumer) (int64, error) {
	for offset < end {
		bytes, err := out.data(p, offset, end-offset)
		if err == nil {
			err = c.ctx.Err()
		}
		if err != nil || len(bytes) == 0 {
			return offset, err
		}
		_, _ = c.hash.Write(bytes)
		offset += int64(len(bytes))
	}
	return offset, nil
}

// hole takes n zeros that need not be read.
func (c *content) hole(n int64, out consumer) error {
	if n == 0 {
		return nil
	}
	if err := out.hole(n); err != nil {
		return err
	}
	if c.zeros == nil {
		c.zeros = make([]byte, zeroRun)
	}
	for ; n > 0; n -= min(n, zeroRun) {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		_, _ = c.hash.Write(c.zeros[:min(n, zeroRun)])
	}
	return nil
}
