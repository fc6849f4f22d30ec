package results

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// reporter passes the progress of the engine on, and records it in the outcome.
type reporter struct {
	config *Config
	out    *Outcome
	// transport returns the name of the current transport. name is its last value, from the time updated.
	transport func() string
	name      string
	updated   time.Time
}

// transportInterval is how often the transport is read: progress is reported far more often.
const transportInterval = time.Second

// Report implements transfer.Reporter.
func (r *reporter) Report(progress transfer.Progress) {
	r.out.Received, r.out.maxReceived = progress.Bytes, max(r.out.maxReceived, progress.Bytes)
	if now := r.config.Clock.Now(); now.Sub(r.updated) >= transportInterval {
		r.updated, r.name = now, r.transport()
	}
	r.config.Progress.Report(progress, r.name)
}

// timedSource is a Source that records when it was first opened.
type timedSource struct {
	transfer.Source
	out *Outcome
	now func() time.Time
}

// List implements transfer.Source.
func (t timedSource) List(ctx context.Context, paths []string) (transfer.Listing, error) {
	listing, err := t.Source.List(ctx, paths)
	if err == nil {
		t.out.setOpened(t.now())
	}
	return listing, err
}

// Open implements transfer.Source.
func (t timedSource) Open(ctx context.Context, wants []transfer.Want) (transfer.Contents, error) {
	contents, err := t.Source.Open(ctx, wants)
	if err == nil {
		t.out.setOpened(t.now())
	}
	return contents, err
}

// maxPause is the longest pause before a retry.
const maxPause = time.Minute

// pause waits before a retry. Each pause is twice as long as the one before.
func (c *Config) pause(ctx context.Context, retry int, cause error) error {
	wait := maxPause
	if doubled := time.Second << (retry - 1); retry < 10 && doubled < wait {
		wait = doubled
	}
	c.Progress.Retry(retry, wait, withoutURL(cause))
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-c.Clock.After(wait):
		return nil
	}
}

// withoutURL returns the text of an error without the URL of the request.
func withoutURL(err error) string {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		err = failed.Err
	}
	return err.Error()
}
