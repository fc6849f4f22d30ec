package server

import (
	"context"

	"github.com/zeebo/xxh3"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
)

const (
	// zeroRun is how many zeros are hashed at once, and skimSize how many bytes are read
	// at once if they are not sent.
	zeroRun  = 64 << 10
	skimSize = 128 << 10
)

// consumer reads the pieces of a file and processes them.
type consumer interface {
	// data reads at most n bytes from offset on, and returns them.
	data(p part, offset, n int64) ([]byte, error)
	hole(n int64) error
}

// sending reads into the buffers of a stream.
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

// fileError says that reading a file failed, not writing the response.
type fileError struct{ cause error }

func (e *fileError) Error() string { return e.cause.Error() }

// inFile wraps an error of reading in a fileError.
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

// read passes p to out and returns its hash, with zeros for its holes.
// whole is false if the file ended before p.
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

// data reads from place to end, and returns the offset that it reached.
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

// hole adds a run of n zeros, which need not be read.
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
