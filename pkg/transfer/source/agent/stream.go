package agent

import (
	"errors"
	"io"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// stream is the frames of one answer.
type stream struct {
	source *Source
	answer *answered
	reader *wire.Reader
}

func (s *Source) stream(answer *answered) *stream {
	reader, ok := s.readers.Get().(*wire.Reader)
	if !ok {
		reader = &wire.Reader{}
	}
	reader.Reset(answer)
	return &stream{source: s, answer: answer, reader: reader}
}

// read returns the next frame. io.EOF is the proven end.
func (s *stream) read() (*wire.Frame, error) {
	if s == nil || s.reader == nil {
		return nil, errClosed
	}
	frame, err := s.reader.Next()
	if err == nil || errors.Is(err, io.EOF) {
		return frame, err
	}
	return nil, lost(s.answer.ctx, err)
}

var (
	errClosed = errors.New("the stream is closed")
	// errUnasked says that an agent violates the protocol.
	errUnasked = &transfer.LostError{Cause: errors.New("the agent sent data that was not requested")}
)

// count adds the received bytes to the counts of the Source.
func (s *stream) count() {
	for codec := range s.source.received {
		s.source.received[codec].Add(s.reader.Received(wire.Codec(codec)))
	}
}

// Close ends the stream and returns its buffers to the pool.
func (s *stream) Close() error {
	if s.reader == nil {
		return nil
	}
	err := s.answer.Close()
	s.reader.Reset(nil)
	s.source.readers.Put(s.reader)
	s.reader = nil
	return err
}
