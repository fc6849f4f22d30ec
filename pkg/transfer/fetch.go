package transfer

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/kubectl-batch/kubectl-batch/pkg/archive"
)

// Fetch brings what req asks for into req.Dir. A nil error means that all of it
// is there. Otherwise the Result says what is, and the error is, or joins:
//   - a *MissingPathError: nothing was done;
//   - a *RefusedError: some entries were left out, the rest is whole;
//   - a *RemoteError: the source could not read everything;
//   - an *IncompleteError: no attempt came to its end; a later Fetch goes on;
//   - ctx's error, at once; a later Fetch goes on;
//   - what the local file system or the source said.
func Fetch(ctx context.Context, req Request) (Result, error) {
	req, err := req.withDefaults()
	if err != nil {
		return Result{}, err
	}
	local, err := newDestination(req.Dir)
	if err != nil {
		return Result{}, err
	}
	f := &fetch{Request: req, local: local, receipt: openReceipt(req.Receipts, local.path, req.SourceID)}
	err = f.run(ctx)
	closed := local.close()
	f.tally.ReceiptError = f.receipt.save()
	result := f.tally.result()
	var refused error
	if len(result.Refused) > 0 {
		refused = &RefusedError{result.Refused}
	}
	return result, joined(err, closed, refused)
}

// joined is errors.Join, but leaves a single error as it is.
func joined(errs ...error) error {
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

// fetch is one call of Fetch.
type fetch struct {
	Request
	local   *destination
	receipt *receipt
	tally   tally
}

// run makes attempts until one settles the matter.
func (f *fetch) run(ctx context.Context) error {
	for n := 1; ; n++ {
		err := f.attempt(ctx, n)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var lost *LostError
		if !errors.As(err, &lost) {
			return err
		}
		if n > f.Retries {
			return &IncompleteError{Attempts: n, Files: f.tally.present(), Cause: lost.Cause}
		}
		if err := f.Pause(ctx, n); err != nil {
			return err
		}
	}
}

// attempt is one stream from its opening to its proof.
func (f *fetch) attempt(ctx context.Context, n int) error {
	stream, err := f.Source.Open(ctx, f.Paths)
	if err != nil {
		return err
	}
	defer func() { _ = stream.Close() }() // Verify has said what there is to say
	f.tally.begin()
	wire := &counter{r: stream, n: &f.tally.WireBytes}
	unpacked := f.extraction(n).Run(ctx, wire)
	var broken *archive.StreamError
	if unpacked != nil && !errors.As(unpacked, &broken) {
		return unpacked
	}
	wire.drain()
	return f.judge(stream, unpacked)
}

// judge asks the stream how it ended. What the stream says explains more than
// what its reader noticed of it.
func (f *fetch) judge(stream Stream, unpacked error) error {
	proof, err := stream.Verify()
	var remote *RemoteError
	switch {
	case errors.As(err, &remote):
		f.tally.Messages = remote.Messages
		f.tally.settle()
		return err
	case err != nil:
		return err
	case unpacked != nil:
		return fmt.Errorf("the source sent no proper tar stream: %w", unpacked)
	}
	f.tally.Messages, f.tally.Complete, f.tally.Verified = proof.Messages, true, proof.Hashed
	f.tally.settle()
	return nil
}

func (f *fetch) extraction(attempt int) archive.Extraction {
	progress := Progress{Attempt: attempt}
	return archive.Extraction{
		Open:   f.local.open,
		Mount:  f.Mount,
		Wanted: f.wanted,
		Decide: f.decide,
		Visit: func(entry archive.Entry, outcome archive.Outcome) {
			f.receipt.note(entry, outcome)
			f.tally.add(entry, outcome)
			progress.Path = entry.Path
			if entry.Type != archive.Directory {
				progress.Files++
			}
			f.Reporter.Report(progress)
		},
		Progress: func(path string, bytes int64) {
			progress.Path, progress.Bytes = path, progress.Bytes+bytes
			f.Reporter.Report(progress)
		},
	}
}
