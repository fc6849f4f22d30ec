package jobrun

import (
	"context"
	"errors"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/outcome"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/submit"
)

// createdJob is a job that Run has created.
type createdJob struct {
	*Request

	plan    *submit.Plan
	created *batchv1.Job
}

// finish waits, fetches and deletes. It returns the status of the job. If the job completed but its results were not
// fetched, the status is not 0.
func (r *createdJob) finish(ctx context.Context) error {
	if !r.After.Waits() {
		return nil
	}
	last, ended := r.await(ctx)
	if last == nil {
		return ended
	}
	var err error
	if r.After.Fetch {
		err = r.After.Fetcher.Results(ctx, last, FetchOptions{Dir: r.After.Dir, JSON: r.Printer.json, Quiet: r.Factory.Quiet})
	}
	switch {
	case err == nil && r.After.Remove:
		return r.remove(ctx, last, ended)
	case err == nil:
		return ended
	case ctx.Err() != nil || ended == nil:
		return r.After.withToolStatus(exit.Bare(err))
	}
	return &exit.Error{Status: exit.Status(ended), Err: err}
}

// await waits for the job and returns its last state, and its status as an error. If the wait itself fails, there is
// no state.
func (r *createdJob) await(ctx context.Context) (last *batchv1.Job, ended error) {
	if r.After.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.After.Timeout)
		defer cancel()
	}
	f, results := r.Factory, r.plan.ResultsClaim()
	waiter := outcome.Waiter{
		Factory: f, Client: r.Client, JSON: r.Printer.json, Aside: !r.Printer.lines && !r.Printer.json,
		Patience: r.After.FailFast, Resume: r.resumeCommands(),
	}
	var end job.Outcome
	var err error
	if r.After.Follow {
		end, err = waiter.Follow(ctx, r.created, func(lost error) { f.Say("Note: " + printable.Error(lost)) })
	} else {
		var outcomes []job.Outcome
		outcomes, err = waiter.Wait(ctx, r.created)
		end = outcomes[0]
	}
	if _, deleted := errors.AsType[*job.DeletedError](err); deleted && results != "" {
		f.Say("The results are kept on claim " + results + ". To fetch them, run: " + f.Line("fetch", "pvc/"+results))
	}
	if end.Job == nil || ctx.Err() != nil {
		return nil, err
	}
	if results != "" {
		r.recordUser(ctx, end)
	}
	return end.Job, err
}

// resumeCommands returns the command that continues after Ctrl-C, and further lines for the user.
func (r *createdJob) resumeCommands() []string {
	f, name := r.Factory, r.created.Name
	commands := f.Line("wait", name)
	if r.After.Follow {
		commands = f.Line("logs", name, "-f")
	}
	if r.After.Fetch {
		words := []string{"fetch", name}
		if r.After.Dir != "" {
			words = append(words, "-d", r.After.Dir)
		}
		commands += "; " + f.Line(words...)
	}
	if r.After.Remove {
		return []string{commands, "The job was not deleted. To delete it when it is finished, run: " + f.Line("purge", name)}
	}
	return []string{commands}
}

// recordUser records on the results claim which user the job ran as, for a fetch after the job and its pods were
// deleted. A fetch also works without it, so an error is only a note.
func (r *createdJob) recordUser(ctx context.Context, outcome job.Outcome) {
	user, ok := helper.ReportedIdentity(outcome.Pods, spec.Default(&outcome.Job.Spec.Template).Name)
	if !ok {
		return
	}
	pvc, err := r.Client.CoreV1().PersistentVolumeClaims(r.Submission.Namespace).Get(ctx, r.plan.ResultsClaim(), metav1.GetOptions{})
	if err == nil {
		err = claim.RecordUser(ctx, r.Client, pvc, user.Text())
	}
	if err != nil {
		r.Factory.Say(fmt.Sprintf("Note: the user of the job was not recorded on its results claim: %v", err))
	}
}
