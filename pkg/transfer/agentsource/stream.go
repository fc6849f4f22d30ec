package agentsource

import (
	"context"
	"errors"
	"io"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// stream is one answer.
type stream struct {
	source *Source
	ctx    context.Context // tells who ended the request
	cancel context.CancelCauseFunc
	body   io.Closer
	reader *wire.Reader
}

func (s *Source) stream(ctx context.Context, cancel context.CancelCauseFunc, watch *watch, body io.ReadCloser) *stream {
	reader, ok := s.readers.Get().(*wire.Reader)
	if !ok {
		reader = &wire.Reader{}
	}
	reader.Reset(&watched{body, watch})
	return &stream{source: s, ctx: ctx, cancel: cancel, body: body, reader: reader}
}

// next returns the next frame. io.EOF is the proven end.
func (s *stream) next() (*wire.Frame, error) {
	if s == nil || s.reader == nil {
		return nil, errClosed
	}
	frame, err := s.reader.Next()
	if err == nil || errors.Is(err, io.EOF) {
		return frame, err
	}
	return nil, lost(s.ctx, err)
}

var (
	errClosed = errors.New("the stream is closed")
	// errUnasked says that an agent does not keep to the protocol.
	errUnasked = &transfer.LostError{Cause: errors.New("the agent sent something else than it was asked for")}
)

// count adds what came to the Source's numbers.
func (s *stream) count() {
	for codec := range s.source.received {
		s.source.received[codec].Add(s.reader.Received(wire.Codec(codec)))
	}
}

// Close ends the stream and gives its buffers back.
func (s *stream) Close() error {
	if s.reader == nil {
		return nil
	}
	s.cancel(nil)
	err := s.body.Close()
	s.reader.Reset(nil)
	s.source.readers.Put(s.reader)
	s.reader = nil
	return err
}
