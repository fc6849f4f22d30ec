package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/volume"
)

const (
	// marking is how long annotating job and claim may take.
	marking = 10 * time.Second
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
	if one.via, err = one.openVia(ctx, from); err != nil {
		return nil, err
	}
	if !one.engine.Plan {
		one.sweepVias(ctx, from)
	}
	out := one.newOutcome(from)
	at := helpers.at(ctx, &one, from)
	err = one.copy(ctx, from, at, out)
	if one.via != nil {
		at.doubt() // what the agent has under way ends with the connection
		if left := one.via.close(ctx, err); left != nil {
			err = transfer.Joined(err, left)
			out.Error = err.Error()
		}
	}
	return out, err
}

// suit makes o a request for from alone.
func (o *Options) suit(from *found) error {
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
			return exit.Usagef("--helper-image=%s: claim %q has no job, so the image of that is not known", jobImage, from.claim.Name)
		}
	}
	for _, glob := range o.globs {
		if rest, ok := strings.CutPrefix(strings.TrimPrefix(glob, "!"), strings.TrimSuffix(from.Path, "/")+"/"); ok && from.Path != "/" {
			return exit.Usagef("%q: a pattern begins at the root of the volume, which the job saw at %s: /%s (or %s/%s, for a folder of that name there)",
				glob, from.Path, rest, strings.TrimPrefix(from.Path, "/"), rest)
		}
	}
	return nil
}

// copy brings the files here, marks them as fetched, and fills out.
func (o *Options) copy(ctx context.Context, from *found, place *place, out *outcome) error {
	finished := o.settled(ctx, from)
	o.progress.Begin(o.label(from))
	o.progress.Waiting("starting the helper pod")
	result, err := o.transfer(ctx, from, place, out)
	if err != nil && ctx.Err() != nil {
		err = ctx.Err() // whatever it looked like from within
	}
	o.progress.Done(err)
	out.take(result, place.came(), o.factory.Clock.Now())
	whole := finished && from.All && o.engine.Filter.All() && !o.engine.Plan
	switch {
	case err == nil && len(result.Messages) > 0:
		err = &transfer.RemoteError{Messages: result.Messages}
	case !whole || err != nil:
	case !result.Verified:
		o.factory.Say("Note: the image has no sha256sum, so contents were not compared, and this is not recorded as fetched")
	default:
		o.mark(ctx, place, result)
	}
	return o.report(from, out, result, err)
}

// label names the transfer where there are several.
func (o *Options) label(from *found) string {
	if o.several {
		return from.name
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
		req.SourceID, req.Paths, req.Mount = string(from.claim.UID), paths, from.Path
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
		Source: timed{source, out, o.factory.Clock.Now}, Dir: o.dir, Filter: o.engine.Filter, Force: o.force,
		Checksum: o.engine.Checksum, PlanOnly: o.engine.Plan, Parallel: o.engine.Parallel, Retries: o.retries(),
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

// settled reports whether nothing writes to the results any more, and says so
// where something does.
func (o *Options) settled(ctx context.Context, from *found) bool {
	if from.job == nil || job.End(from.job) != nil {
		users, err := volume.Users(ctx, o.client, o.namespace, from.claim.Name)
		return err == nil && !inUse(users)
	}
	o.factory.Say(fmt.Sprintf("Job %s is not finished (%s): this copies what it has written so far", from.job.Name, job.StateOf(from.job)))
	return false
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

// mark records a whole fetch on job and claim. It is best effort: the files are
// here. A claim that someone else uses, or that run did not make, is not marked.
func (o *Options) mark(ctx context.Context, place *place, result transfer.Result) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), marking)
	defer cancel()
	now := o.factory.Clock.Now()
	err := func() error {
		users, err := volume.Users(ctx, o.client, o.namespace, place.from.claim.Name)
		if err != nil {
			return err
		}
		made := owner.MadeResults(place.from.claim) && place.from.SubPath == "" && !inUse(users)
		if result.Empty() {
			if made {
				return volume.MarkEmpty(ctx, o.client, place.from.claim, now)
			}
			return nil
		}
		marked := volume.Marked{}
		if made {
			marked.Claim = place.from.claim
		}
		if place.from.results {
			marked.Job = place.from.job
		}
		return volume.MarkFetched(ctx, o.client, marked, volume.Mark{When: now, By: o.me.Name, Digest: result.Digest})
	}()
	if err != nil {
		o.factory.Say(fmt.Sprintf("Note: the files are here, but that they were fetched was not recorded: %v", err))
	}
}

// inUse reports whether a pod that is no helper has the volume.
func inUse(users []corev1.Pod) bool {
	for _, pod := range users {
		if pod.Labels[owner.ComponentLabel] != owner.HelperComponent {
			return true
		}
	}
	return false
}
