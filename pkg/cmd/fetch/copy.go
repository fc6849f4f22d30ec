package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/watcher"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

const (
	// longestPause is what the pauses before retries double up to.
	longestPause = time.Minute
)

// fetchOne brings the results of one job, or what is on one claim, and says what
// came. The outcome is nil where nothing was begun.
func (o *Options) fetchOne(ctx context.Context, from *found, helpers *helpers) (*outcome, error) {
	one := *o
	if err := one.suit(from); err != nil {
		return nil, err
	}
	var err error
	if one.reserved, err = one.reserve(); err != nil {
		return nil, err
	}
	defer func() { _ = one.reserved.Release() }()
	one.inUse = !one.settled(ctx, from)
	if one.via, err = one.openVia(ctx, from); err != nil {
		return nil, err
	}
	helpers.tidyLater(&one, from)
	out := one.newOutcome(from)
	at := helpers.at(ctx, &one, from)
	err = one.copy(ctx, from, at, out)
	if ctx.Err() != nil {
		helpers.close(ctx) // before all else: a signal leaves little time
	}
	if one.via != nil {
		at.doubt() // what the agent has under way ends with the connection
		if left := one.via.close(ctx, err); left != nil {
			err = transfer.Joined(err, left)
			out.Error = err.Error()
		}
	}
	return out, err
}

// reserve locks the local directory before a helper pod is created for it. It is nil where nothing is written to one.
func (o *Options) reserve() (*transfer.Reservation, error) {
	if o.engine.Plan || o.engine.To.Bucket != "" {
		return nil, nil
	}
	return transfer.Reserve(o.dir, o.receipts())
}

// suit makes o a request for from alone.
func (o *Options) suit(from *found) error {
	if o.selection.Everywhere {
		o.factory = o.factory.Scoped(o.shown(from.name))
	}
	if o.several {
		o.began = o.factory.Clock.Now()
		o.dir = filepath.Join(o.dir, from.name)
		if o.engine.To.Bucket != "" {
			o.engine.To = o.engine.To.At(from.name)
		}
	} else if o.dir == "" {
		o.dir = from.name
	}
	if o.image == jobImage {
		if o.image = from.image(); o.image == "" {
			return exit.Usagef("--helper-image=%s requires a job: the job of claim %q is unknown", jobImage, from.claim.Name)
		}
	}
	for _, glob := range o.globs {
		if rest, ok := strings.CutPrefix(strings.TrimPrefix(glob, "!"), strings.TrimSuffix(from.Path, "/")+"/"); ok && from.Path != "/" {
			return exit.Usagef("invalid pattern %q: patterns start at the root of the volume, which the job mounts at %s; use /%s, or %s/%s for a directory of that name on the volume",
				glob, from.Path, rest, strings.TrimPrefix(from.Path, "/"), rest)
		}
	}
	return nil
}

// copy brings the files here, marks them as fetched, and fills out.
func (o *Options) copy(ctx context.Context, from *found, place *place, out *outcome) error {
	before := o.newWitness(ctx, from)
	o.progress.Begin(o.label(from))
	o.progress.Waiting("starting the helper pod")
	result, err := o.transfer(ctx, from, place, out)
	if err != nil && ctx.Err() != nil {
		err = ctx.Err() // whatever it looked like from within
	}
	o.progress.Done(err)
	out.take(result, place.came(), o.factory.Clock.Now())
	whole := o.counts(from) && len(result.Growing) == 0 && o.nothingFetched(from, result) == nil
	if err == nil && !o.engine.Plan {
		var alone bool
		alone, err = o.undisturbed(ctx, before, out.place())
		whole = whole && alone
	}
	if err == nil && len(result.Messages) > 0 {
		err = &transfer.RemoteError{Messages: result.Messages}
	}
	if err == nil {
		err = o.record(ctx, place, result, whole)
	}
	return o.report(from, out, result, err)
}

// label names the transfer where there are several.
func (o *Options) label(from *found) string {
	if o.several {
		return o.shown(from.name)
	}
	return ""
}

// transfer runs the engine; once more without the paths that some tasks of an
// array lack and others have.
func (o *Options) transfer(ctx context.Context, from *found, place *place, out *outcome) (transfer.Result, error) {
	sums, err := o.newManifest()
	if err != nil {
		return transfer.Result{}, err
	}
	defer sums.discard()
	shown := &reporter{options: o, out: out, way: place.name}
	for paths := from.Paths; ; {
		source := o.note(place, from)
		req := o.request(source, out, shown, sums)
		req.SourceID, req.Paths, req.Layout = string(from.claim.UID), paths, from.layout
		req.Pause, req.Planned = o.pauseAt(place), o.planned
		result, err := o.move(ctx, place, req)
		source.wait()
		missing, ok := errors.AsType[*transfer.MissingPathError](err)
		if !ok {
			return result, transfer.Joined(err, sums.keep())
		}
		there, again := o.lacking(from, paths, missing.Paths)
		if !again {
			return result, err
		}
		paths = there
	}
}

// request is what was typed, as the engine takes it, of source.
func (o *Options) request(source transfer.Source, out *outcome, shown *reporter, sums *manifest) transfer.Request {
	return transfer.Request{
		Source: timed{source, out, o.factory.Clock.Now}, Dir: o.dir, Reservation: o.reserved, Filter: o.engine.Filter, Force: o.force,
		KeepLinks: o.engine.KeepLinks, Checksum: o.engine.Checksum, InUse: o.inUse, PlanOnly: o.engine.Plan, Parallel: o.engine.Parallel, Retries: o.retries(),
		Receipts: o.receipts(), Reporter: shown, Sums: sums.writer(),
	}
}

// retries is Engine.Retries as the engine takes it: 0 would be its default.
func (o *Options) retries() int {
	if o.engine.Retries == 0 {
		return -1
	}
	return o.engine.Retries
}

// triesToReadUsers is how often the pods that use a claim are asked for while the API server is away.
const triesToReadUsers = 5

// retryReading calls read, and again while the API server is away.
func retryReading[T any](ctx context.Context, read func() (T, error)) (T, error) {
	value, err := read()
	for tries := 1; watcher.Passing(err) && tries < triesToReadUsers && watcher.Sleep(ctx, time.Second); tries++ {
		value, err = read()
	}
	return value, err
}

// sayUnrecorded says why a fetch does not count as one: it is not known which pods use the claim.
func (o *Options) sayUnrecorded(from *found, err error) {
	o.factory.Say(fmt.Sprintf("Note: the results will not be marked as fetched, because the pods that use claim %s cannot be listed: %v", from.claim.Name, err))
}

// settled reports whether nothing writes to the results any more, and says so
// where something does.
func (o *Options) settled(ctx context.Context, from *found) bool {
	if from.job == nil || job.End(from.job) != nil {
		users, err := retryReading(ctx, func() ([]corev1.Pod, error) {
			return claim.Users(ctx, o.client, o.namespace, from.claim.Name)
		})
		if err != nil && ctx.Err() == nil {
			o.sayUnrecorded(from, err)
		}
		if user := firstUser(users); user != "" && o.selectsEnough(from) {
			o.factory.Say(fmt.Sprintf("Note: the results will not be marked as fetched, because pod %s mounts claim %s and may write to it", user, from.claim.Name))
		}
		return err == nil && firstUser(users) == ""
	}
	o.factory.Say(fmt.Sprintf("Job %s is not finished (%s): copying the files that it has written so far", from.job.Name, from.jobState()))
	return false
}

// jobState returns the state of the job. Where one of its pods runs that is Running, although the job's own status
// does not count the pod yet: that status follows the pods with a delay of a second or more.
func (f *found) jobState() job.State {
	state := job.StateOf(f.job)
	isRunning := func(pod *corev1.Pod) bool { return running(*pod, f.Container) }
	if state == job.Pending && slices.ContainsFunc(f.pods, isRunning) {
		return job.Running
	}
	return state
}

func (o *Options) receipts() string {
	if o.factory.CacheDir == "" {
		return ""
	}
	return filepath.Join(o.factory.CacheDir, "receipts")
}

// pauseAt waits before a retry, which then finds its way to the volume anew.
func (o *Options) pauseAt(place *place) func(context.Context, int, error) error {
	return func(ctx context.Context, retry int, cause error) error {
		place.doubt()
		return o.pause(ctx, retry, cause)
	}
}

func (o *Options) pause(ctx context.Context, retry int, cause error) error {
	wait := longestPause
	if doubled := time.Second << (retry - 1); retry < 10 && doubled < wait {
		wait = doubled
	}
	o.progress.Retry(retry, wait, plainly(cause))
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-o.factory.Clock.After(wait):
		return nil
	}
}

// plainly is what went wrong, without the URL that it went wrong with.
func plainly(err error) string {
	if asked, ok := errors.AsType[*url.Error](err); ok {
		err = asked.Err
	}
	return err.Error()
}
