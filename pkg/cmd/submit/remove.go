package submit

import (
	"context"
	"errors"
	"fmt"
	"slices"

	batchv1 "k8s.io/api/batch/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/cleanup"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
)

// remove deletes a job that has completed, and what run made for it, as purge
// does. One that has not stays, for a look at it.
func (r *Request) remove(ctx context.Context, made *batchv1.Job, ended error) error {
	if ended != nil {
		r.factory.Say(fmt.Sprintf("job %s stays, because it did not complete; to delete it: %s", made.Name, r.factory.Line("purge", made.Name)))
		return ended
	}
	now, err := job.Get(ctx, r.client, r.namespace, job.Ref(made.Name))
	if err == nil && now.UID != made.UID {
		err = fmt.Errorf("job %q is another one by now", made.Name)
	}
	if err != nil {
		return r.then.toolError(err)
	}
	plan, err := cleanup.Make(ctx, r.client, r.namespace, []cleanup.Job{cleanup.Reduce(now, "")}, cleanup.Volumes{Delete: true})
	if err != nil {
		return r.then.toolError(err)
	}
	plan.Claims = slices.DeleteFunc(plan.Claims, func(claim cleanup.Claim) bool { return claim.Labels[owner.JobLabel] != made.Name })
	for _, line := range cleanup.Summary(plan.Kept, r.factory.Program.String()+" fetch") {
		r.factory.Say(line)
	}
	var errs error
	plan.Carry(ctx, r.client, false, func(one cleanup.Object, err error) {
		if err != nil {
			errs = errors.Join(errs, fmt.Errorf("--rm: deleting %s %s: %w", one.Kind, one.Name, err))
			return
		}
		r.factory.Say(fmt.Sprintf("%s/%s deleted", one.Kind, one.Name))
	})
	return r.then.toolError(errs)
}
