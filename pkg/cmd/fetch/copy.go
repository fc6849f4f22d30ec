package fetch

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/dustin/go-humanize"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
	"github.com/kubectl-batch/kubectl-batch/pkg/screen"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/volume"
)

const (
	// retries of a lost stream, with a pause before each that doubles: half a
	// minute in all, what a network or a node may take to come back.
	retries = 5
	// marking is how long annotating job and claim may take.
	marking = 10 * time.Second
)

// copy brings the files here, marks them as fetched, and says what came.
func (o *Options) copy(ctx context.Context, from *found) error {
	finished := o.settled(ctx, from)
	dir := o.dir
	if dir == "" {
		dir = from.name
	}
	place := o.newPlace(from)
	progress := screen.NewProgress(o.factory.Streams.ErrOut, o.factory.Clock)
	result, err := transfer.Fetch(ctx, transfer.Request{
		Source: place, SourceID: string(from.claim.UID), Dir: dir, Paths: from.Paths, Mount: from.Path,
		Force: o.force, Retries: retries, Pause: o.pause, Receipts: o.receipts(), Reporter: progress,
	})
	progress.Done()
	if gone := place.session.Close(ctx); gone != nil {
		o.factory.Say("Note: " + gone.Error())
	}
	switch {
	case err == nil && len(result.Messages) > 0:
		err = &transfer.RemoteError{Messages: result.Messages}
	case !finished || !from.All || err != nil:
	case !result.Verified:
		o.factory.Say("Note: the image has no sha256sum, so contents were not compared, and this is not recorded as fetched")
	default:
		o.mark(ctx, place, result)
	}
	return o.report(from, dir, result, err)
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

func (o *Options) pause(ctx context.Context, retry int) error {
	wait := time.Second << (retry - 1)
	o.factory.Say(fmt.Sprintf("The transfer broke; going on in %s", wait))
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-o.factory.Clock.After(wait):
		return nil
	}
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

// report says what came, and turns what went wrong into words.
func (o *Options) report(from *found, dir string, result transfer.Result, err error) error {
	var missing *transfer.MissingPathError
	switch {
	case errors.As(err, &missing) && o.lastIsLocal():
		return o.destinationMeant()
	case errors.As(err, &missing):
		return fmt.Errorf("claim %q: %w", from.claim.Name, err)
	case err == nil && result.Empty():
		return fmt.Errorf("claim %q is empty: %s wrote nothing to %s", from.claim.Name, writer(from), from.Path)
	}
	if result.Files+result.Dirs+result.Symlinks+result.HardLinks > 0 {
		if failed := o.factory.Answer(summary(from, dir, result)); failed != nil {
			err = errors.Join(err, failed)
		}
	}
	o.list(result)
	o.notes(dir, result, err)
	return err
}

// notes says what the person would be surprised by later.
func (o *Options) notes(dir string, result transfer.Result, err error) {
	if result.ReceiptError != nil {
		o.factory.Say(fmt.Sprintf("Note: a later fetch will not know these files as its own: %v", result.ReceiptError))
	}
	count := result.Files + result.HardLinks
	if err == nil && len(o.paths) > 0 && count+result.Dirs == 0 {
		o.factory.Say("Note: what was asked for is a symbolic link, and came as one: what it leads to has a path of its own")
	}
	if errors.Is(err, context.Canceled) && count > 0 {
		o.factory.Say(fmt.Sprintf("\nWhat has arrived whole is in %s; the same command again goes on from there", dir))
	}
}

// errorNames is how many entries the text of an error names.
const errorNames = 5

// list names all that was left out, where the error itself names only the first.
func (o *Options) list(result transfer.Result) {
	if len(result.Refused) > errorNames {
		for _, refusal := range result.Refused {
			o.factory.Say("left out " + refusal.String())
		}
	}
	if len(result.Messages) > errorNames {
		for _, message := range result.Messages {
			o.factory.Say("in the pod: " + message)
		}
	}
}

func writer(from *found) string {
	if from.job != nil {
		return "job " + from.job.Name
	}
	return "its job"
}

// summary is the answer: what of the results is here now.
func summary(from *found, dir string, result transfer.Result) string {
	count := result.Files + result.Symlinks + result.HardLinks
	text := fmt.Sprintf("%s: %d %s, %s, in %s", from.name, count, noun(count, "file"), humanize.IBytes(uint64(result.Bytes)), dir)
	if result.Kept > 0 {
		text += fmt.Sprintf(" (%d there already)", result.Kept)
	}
	return text
}

func noun(count int, one string) string {
	if count == 1 {
		return one
	}
	return one + "s"
}
