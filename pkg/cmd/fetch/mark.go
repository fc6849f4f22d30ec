package fetch

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/interrupt"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// marking is how long annotating job and claim may take.
const marking = 10 * time.Second

// counts reports whether a fetch that ends well is recorded: it has all the results of one job, or what the user says
// is enough of them.
func (o *Options) counts(from *found) bool {
	return !o.inUse && o.selectsEnough(from)
}

// selectsEnough reports whether the arguments allow for a record.
func (o *Options) selectsEnough(from *found) bool {
	return !from.others && (o.takesAll(from) || o.engine.Mark) && !o.engine.Plan
}

// takesAll reports whether all the results are asked for.
func (o *Options) takesAll(from *found) bool { return from.All && o.engine.Filter.All() }

// record writes the fetched annotations where the fetch was a whole one, unless contents could not be compared. The error
// is that of ctx.
func (o *Options) record(ctx context.Context, place *place, result transfer.Result, whole bool) error {
	switch {
	case !whole:
		o.noteSelected(place.from)
		return nil
	case !result.Verified:
		o.factory.Say("Note: the results are not marked as fetched, because the files were not verified: the image has no sha256sum")
		return nil
	}
	o.mark(ctx, place, result)
	return ctx.Err()
}

// noteSelected says of results that were not recorded as fetched yet that a fetch of selected files does not change that.
func (o *Options) noteSelected(from *found) {
	mattered := from.job != nil && from.results && !claim.RecordOfJob(from.job).Done(o.viewer())
	if mattered && from.All && !o.takesAll(from) && !o.engine.Mark && !o.inUse && !from.others && !o.engine.Plan {
		o.factory.Say("Note: the results are not marked as fetched, because --include and --exclude select a part of them; use --mark if you need no other files")
	}
}

// mark records a complete fetch on job and claim. It is best effort: the files are on the local disk. A claim
// that another pod uses, or that run did not create, is not marked.
func (o *Options) mark(ctx context.Context, place *place, result transfer.Result) {
	ctx, cancel := context.WithTimeout(ctx, marking)
	defer cancel()
	from := place.from
	users, err := claim.Users(ctx, o.client, o.namespace, from.claim.Name)
	if err == nil {
		on := marked(from, users)
		if on == (claim.Marked{}) && o.engine.Mark {
			err = fmt.Errorf("run did not create claim %s, and no job writes to it alone", from.claim.Name)
		} else {
			err = claim.MarkFetched(ctx, o.client, on, o.newMark(from, result))
		}
	}
	if err != nil {
		o.factory.Say(fmt.Sprintf("Note: the files were fetched, but the results could not be marked as fetched: %v", interrupt.Explain(ctx, err)))
	}
}

// newMark returns the record of a fetch by this user.
func (o *Options) newMark(from *found, result transfer.Result) claim.Mark {
	mark := claim.Mark{
		When: o.factory.ServerClock().Now(), By: o.me.Name, Digest: result.Digest,
		Files: result.Files + result.Symlinks + result.HardLinks, Empty: result.OnlyDirectories() && o.takesAll(from),
	}
	if from.job != nil {
		mark.Job = from.job.UID
	}
	return mark
}

// marked returns what records a complete fetch.
func marked(from *found, users []corev1.Pod) claim.Marked {
	var on claim.Marked
	if provenance.MadeResults(from.claim) && from.SubPath == "" && firstUser(users) == "" {
		on.Claim = from.claim
	}
	if from.results && !from.deleted {
		on.Job = from.job
	}
	return on
}

// firstUser returns the name of a pod that has the volume and is no helper, "" for none.
func firstUser(users []corev1.Pod) string {
	for _, pod := range users {
		if !isHelper(pod) {
			return pod.Name
		}
	}
	return ""
}
