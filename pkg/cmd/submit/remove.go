package submit

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

// remove deletes a job that has completed, and what run made for it, as purge
// does: also what is left where the job was deleted meanwhile. One that has not
// completed stays, for a look at it.
func (r *Request) remove(ctx context.Context, last *batchv1.Job, ended error) error {
	if ended != nil {
		r.factory.Say(fmt.Sprintf("Kept job %s, because it did not complete. To delete it, run: %s", last.Name, r.factory.Line("purge", last.Name)))
		return ended
	}
	now, err := job.Get(ctx, r.client, r.namespace, job.Ref(last.Name))
	_, deleted := errors.AsType[*job.NotFoundError](err)
	switch {
	case deleted:
		now = last
	case err != nil:
		return r.then.toolError(err)
	case now.UID != last.UID:
		return r.then.toolError(fmt.Errorf("--rm: job %q was replaced by another job of the same name", last.Name))
	}
	plan, err := purge.Make(ctx, r.client, r.namespace, []purge.Job{purge.Reduce(now, "")}, purge.Volumes{Delete: true, Viewer: r.viewer()})
	if err != nil {
		return r.then.toolError(err)
	}
	plan.Claims = slices.DeleteFunc(plan.Claims, func(claim purge.Claim) bool { return claim.Labels[provenance.JobLabel] != last.Name })
	for _, line := range purge.Summary(plan.Kept, r.namespace, r.factory.Program.String()+" fetch") {
		r.factory.Say(line)
	}
	var errs error
	for _, one := range plan.Held {
		errs = fmt.Errorf("--rm: kept job %q: its results on claim %s were not fetched, and would be deleted with its pods; run %q first",
			one.Name, strings.Join(one.Volumes, ", "), r.factory.Line("fetch", one.Name))
	}
	plan.Carry(ctx, r.client, false, func(one purge.Object, err error) {
		if err != nil {
			errs = errors.Join(errs, fmt.Errorf("--rm: deleting %s %s: %w", one.Kind, one.Name, err))
			return
		}
		r.factory.Say(fmt.Sprintf("%s/%s deleted", one.Kind, one.Name))
	})
	return r.then.toolError(errs)
}
