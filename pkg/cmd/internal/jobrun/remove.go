package jobrun

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/purge"
)

// remove deletes a job that has completed, and the objects that were created for it, as purge does. If the job was
// deleted meanwhile, it deletes what remains. A job that has not completed is kept, so that the user can inspect it.
func (r *createdJob) remove(ctx context.Context, last *batchv1.Job, ended error) error {
	f, after := r.Factory, r.After
	if ended != nil {
		f.Say(fmt.Sprintf("Kept job %s, because it did not complete. To delete it, run: %s", last.Name, f.Line("purge", last.Name)))
		return ended
	}
	current, err := job.Get(ctx, r.Client, r.Submission.Namespace, job.Ref(last.Name))
	_, deleted := errors.AsType[*job.NotFoundError](err)
	switch {
	case deleted:
		current = last
	case err != nil:
		return after.withToolStatus(err)
	case current.UID != last.UID:
		return after.withToolStatus(fmt.Errorf("--rm: job %q was replaced by another job of the same name", last.Name))
	}
	volumes := purge.Volumes{Delete: true, Viewer: r.plan.Viewer}
	plan, err := purge.Make(ctx, r.Client, r.Submission.Namespace, []purge.Job{purge.Reduce(current, "")}, volumes)
	if err != nil {
		return after.withToolStatus(err)
	}
	return after.withToolStatus(r.carryOut(ctx, plan))
}

// carryOut deletes the objects of a plan for this job alone, and returns what was not deleted.
func (r *createdJob) carryOut(ctx context.Context, plan *purge.Plan) error {
	f := r.Factory
	plan.Claims = slices.DeleteFunc(plan.Claims, func(claim purge.Claim) bool { return claim.Labels[provenance.JobLabel] != r.created.Name })
	for _, line := range purge.Summary(plan.Kept, r.Submission.Namespace, f.Program.String()+" fetch") {
		f.Say(line)
	}
	var errs error
	for _, held := range plan.Held {
		errs = fmt.Errorf("--rm: kept job %q: its results on claim %s were not fetched, and would be deleted with its pods; run %q first",
			held.Name, strings.Join(held.Volumes, ", "), f.Line("fetch", held.Name))
	}
	plan.Carry(ctx, r.Client, false, func(object purge.Object, err error) {
		if err != nil {
			errs = errors.Join(errs, fmt.Errorf("--rm: deleting %s %s: %w", object.Kind, object.Name, err))
			return
		}
		f.Say(fmt.Sprintf("%s/%s deleted", object.Kind, object.Name))
	})
	return errs
}
