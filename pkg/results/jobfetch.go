package results

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// jobFetch fetches the results of one job, or from one claim.
type jobFetch struct {
	*session
	location    *resultsLocation
	destination destination
	messages    messages
	started     time.Time
	// label names the transfer if there are several.
	label string

	// These fields are set by run.
	image string // of the helper pod
	// reserved is the locked local directory; nil if there is none.
	reserved *transfer.Reservation
	// inUse means that something may write to the results during the fetch.
	inUse bool
	// relay is nil if files do not pass through a bucket.
	relay *relay
	// leftover is what may have to be deleted in buckets afterwards.
	leftover []leftovers
}

// run copies the results and marks them as fetched. The outcome is nil if nothing was started.
func (f *jobFetch) run(ctx context.Context, sources *sourceCache) (*Outcome, error) {
	if err := f.resolve(); err != nil {
		return nil, err
	}
	var err error
	if f.reserved, err = f.reserve(); err != nil {
		return nil, err
	}
	defer func() { _ = f.reserved.Release() }()
	f.inUse = f.marker().writes(ctx)
	if f.relay, err = f.openRelay(ctx); err != nil {
		return nil, err
	}
	if !f.request.Plan && len(f.location.claim.Annotations) > 0 {
		f.leftover = append(f.leftover, f.leftovers())
	}
	out := startedOutcome(f.destination, f.request.Plan, f.started)
	out.setLocation(f.location, f.request.Claim != "")
	source := sources.get(ctx, f)
	err = f.copy(ctx, source, out)
	if ctx.Err() != nil {
		sources.close(ctx) // before everything else: after a signal, little time is left
	}
	if f.relay != nil {
		source.invalidate() // requests of the agent that still run end with the connection
		if failed := f.relay.close(ctx, err); failed != nil {
			err = transfer.Joined(err, failed)
			out.Error = err.Error()
		}
	}
	return out, err
}

// resolve checks the request against the location.
func (f *jobFetch) resolve() error {
	l := f.location
	f.image = f.request.Helper.Image
	if f.image == JobImage {
		if f.image = l.image(); f.image == "" {
			return requestErrorf("--helper-image=%s requires a job: the job of claim %q is unknown", JobImage, l.claim.Name)
		}
	}
	for _, pattern := range f.request.Patterns {
		below, ok := strings.CutPrefix(strings.TrimPrefix(pattern, "!"), strings.TrimSuffix(l.Path, "/")+"/")
		if ok && l.Path != "/" {
			return requestErrorf("invalid pattern %q: patterns start at the root of the volume, which the job mounts at %s; use /%s, or %s/%s for a directory of that name on the volume",
				pattern, l.Path, below, strings.TrimPrefix(l.Path, "/"), below)
		}
	}
	return nil
}

// reserve locks the local directory before a helper pod is created for it. It returns nil if nothing is written locally.
func (f *jobFetch) reserve() (*transfer.Reservation, error) {
	if f.request.Plan || f.destination.to.Bucket != "" {
		return nil, nil
	}
	return transfer.Reserve(f.destination.dir, f.config.receipts())
}

func (f *jobFetch) marker() *marker {
	return &marker{config: f.config, request: f.request, location: f.location, messages: f.messages, me: f.me, inUse: f.inUse}
}

// copy copies the files, marks the results as fetched, and completes out.
func (f *jobFetch) copy(ctx context.Context, source *claimSource, out *Outcome) error {
	marker := f.marker()
	before := marker.observeUse(ctx)
	f.config.Progress.Start(f.label)
	f.config.Progress.Waiting("starting the helper pod")
	result, err := f.transfer(ctx, source, out)
	if err != nil && ctx.Err() != nil {
		err = ctx.Err() // other errors are its consequences
	}
	f.config.Progress.Done(err)
	out.setResult(result, source.usage(), f.config.Clock.Now())
	complete := marker.counts() && len(result.Growing) == 0 && f.checkEmpty(result) == nil
	if err == nil && !f.request.Plan {
		var unchanged bool
		unchanged, err = marker.unchanged(ctx, before, out.Destination())
		complete = complete && unchanged
	}
	if err == nil && len(result.Messages) > 0 {
		err = &transfer.RemoteError{Messages: result.Messages}
	}
	if err == nil {
		err = marker.record(ctx, result, complete)
	}
	return f.report(out, result, err)
}

// report explains an error, and prints notes about the result.
func (f *jobFetch) report(out *Outcome, result transfer.Result, err error) error {
	missing, isMissing := errors.AsType[*transfer.MissingPathError](err)
	empty := f.checkEmpty(result)
	switch {
	case isMissing:
		err = f.explainMissing(missing)
	case err == nil && empty != nil:
		err = empty
	default:
		if err == nil && result.NoFiles() && f.request.Filter.All() {
			out.Empty = f.describeEmpty()
		}
		f.notes(f.messages).printAll(out, result, err)
	}
	if err != nil {
		out.Error = err.Error()
	}
	return err
}

// transfer runs the engine. If only some tasks of an array job have the paths, it runs again with those that exist.
func (f *jobFetch) transfer(ctx context.Context, source *claimSource, out *Outcome) (transfer.Result, error) {
	sums, err := newManifest(f.request.Manifest)
	if err != nil {
		return transfer.Result{}, err
	}
	defer sums.discard()
	transport := transportName(source, f.destination)
	for paths := f.location.Paths; ; {
		recorder := recordPaths(source, f.config, f.request, f.location)
		request := f.engineRequest(recorder, f.destination.dir, out, transport, sums)
		request.Paths = paths
		request.SourceID = string(f.location.claim.UID)
		request.Layout = f.location.layout
		request.Reservation, request.InUse = f.reserved, f.inUse
		request.Pause, request.Planned = f.pauseAndReconnect(source), f.hintBucket
		result, err := f.send(ctx, source, request)
		recorder.wait()
		missing, ok := errors.AsType[*transfer.MissingPathError](err)
		if !ok {
			return result, transfer.Joined(err, sums.save())
		}
		existing, retry := f.location.existingPaths(paths, missing.Paths, f.messages)
		if !retry {
			return result, err
		}
		paths = existing
	}
}

// send copies the files to the local directory, or into the bucket.
func (f *jobFetch) send(ctx context.Context, source *claimSource, request transfer.Request) (transfer.Result, error) {
	if f.destination.to.Bucket == "" {
		return transfer.Fetch(ctx, request)
	}
	u := upload{config: f.config, store: f.store, location: f.location, messages: f.messages, to: f.destination.to}
	return u.run(ctx, f.ids, source, request)
}

// transportName returns a function that names the current transport.
func transportName(source *claimSource, d destination) func() string {
	return func() string {
		if d.to.Bucket != "" {
			return "s3"
		}
		return source.usage().transport
	}
}

// pauseAndReconnect waits before a retry, which then opens a new connection.
func (f *jobFetch) pauseAndReconnect(source *claimSource) func(context.Context, int, error) error {
	return func(ctx context.Context, retry int, cause error) error {
		source.invalidate()
		return f.config.pause(ctx, retry, cause)
	}
}

// hintBucket recommends a bucket for a large transfer. Holes in files are not sent, so they do not count.
func (f *jobFetch) hintBucket(_ int, _, stored int64) {
	if hint := bucketHint(stored); hint != "" && !f.request.Plan && f.store == nil {
		f.messages.say(hint)
	}
}
