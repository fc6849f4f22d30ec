package agent

import (
	"context"
	"errors"
	"io"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// sums asks for as many sums as go into one request.
func (s *Source) sums(ctx context.Context, entries []wire.Entry) ([]transfer.Sum, error) {
	stream, err := s.ask(ctx, "sums", entries)
	if err != nil {
		return nil, err
	}
	defer func() { _ = stream.Close() }()
	sums := make([]transfer.Sum, 0, len(entries))
	for {
		frame, err := stream.read()
		if errors.Is(err, io.EOF) && len(sums) == len(entries) {
			return sums, nil
		}
		if errors.Is(err, io.EOF) || err == nil && len(sums) == len(entries) {
			err = errUnasked
		}
		if err != nil {
			return nil, err
		}
		sum, err := sumOf(frame, len(sums))
		if err != nil {
			return nil, err
		}
		sums = append(sums, sum)
	}
}

// sumOf reads the answer to the prefix at index.
func sumOf(frame *wire.Frame, index int) (transfer.Sum, error) {
	switch {
	case frame.Kind == wire.KindSum && frame.Sum.Index == index:
		return transfer.Sum{Sum: frame.Sum.Sum, Length: frame.Sum.Length}, nil
	case frame.Kind == wire.KindFailure && frame.Failure.Index == index:
		return transfer.Sum{Refused: frame.Failure.Text}, nil
	}
	return transfer.Sum{}, errUnasked
}
