package results

import (
	"context"
	"errors"

	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/s3mirror"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/s3relay"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// fetchStored downloads what an earlier fetch has written to a bucket. It needs no cluster.
func (s *session) fetchStored(ctx context.Context) (*Outcome, error) {
	meter := transport.NewMeter(s.request.Transfer.LimitRate)
	out := startedOutcome(s.request.destination(), s.request.Plan, s.started)
	sums, err := newManifest(s.request.Manifest)
	if err != nil {
		return nil, err
	}
	defer sums.discard()
	s.config.Progress.Start("")
	source, err := s.storedSource(ctx, meter)
	if err != nil {
		s.config.Progress.Done(err)
		out.Error = err.Error()
		return out, transfer.Joined(err, s.finished(out))
	}
	request := s.engineRequest(source, s.request.Dir, out, func() string { return "s3" }, sums)
	request.SourceID, request.Pause = s.request.Stored.String(), s.config.pause
	result, err := transfer.Fetch(ctx, request)
	if err == nil {
		err = sums.save()
	}
	if ctx.Err() != nil && err != nil {
		err = ctx.Err()
	}
	s.config.Progress.Done(err)
	used := usage{transport: "s3", compression: "none", wire: meter.Received()}
	if packed, ok := source.(*s3relay.Stored); ok {
		used.compression = mainCodec(packed.Received())
	}
	out.setResult(result, used, s.config.Clock.Now())
	if err == nil {
		err = s.checkStoredEmpty(out, result)
	}
	s.notes(s.messages).printAll(out, result, err)
	if err != nil {
		out.Error = err.Error()
	}
	return out, transfer.Joined(err, s.finished(out))
}

// storedSource opens the location in the bucket. It has files as they are, or packed objects of an interrupted fetch.
func (s *session) storedSource(ctx context.Context, meter *transport.Meter) (transfer.Source, error) {
	for retry := 1; ; retry++ {
		plain, err := s3mirror.Open(ctx, s.store, s.request.Stored, meter.Reader)
		if err == nil {
			return plain, nil
		}
		if errors.Is(err, s3mirror.ErrNoIndex) {
			return s3relay.NewStored(s3relay.Options{
				Store: s.store, At: s.request.Stored, Through: meter.Reader, Now: s.config.Clock.Now, Wanted: s.request.Filter.Takes,
			}), nil
		}
		lost, ok := errors.AsType[*transfer.LostError](err)
		if !ok || retry > s.request.Transfer.Retries {
			return nil, err
		}
		if err := s.config.pause(ctx, retry, lost.Cause); err != nil {
			return nil, err
		}
	}
}

// checkStoredEmpty records that the location in the bucket has no files. It is an error if the filters select none.
func (s *session) checkStoredEmpty(out *Outcome, result transfer.Result) error {
	all := s.request.Filter.All()
	if result.Empty() && !all {
		return errors.New("no file in " + s.request.Stored.String() + " matches --include and --exclude")
	}
	if result.NoFiles() && all {
		out.Empty = s.request.Stored.String() + " is empty"
	}
	return nil
}
