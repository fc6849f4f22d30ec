// Package outcome waits for jobs and says how they ended, for every verb that does.
package outcome

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/cluster"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

// Waiter waits for jobs.
type Waiter struct {
	Factory *factory.Factory
	Client  cluster.Interface
	// JSON writes one object a job and line in place of words.
	JSON bool
	// Aside says the words on ErrOut, where the answer is another.
	Aside bool

	mu sync.Mutex
}

// report is how a job ended, as -o json gives it.
type report struct {
	Job       string `json:"job"`
	Namespace string `json:"namespace"`
	// Condition is Complete, Failed or Cancelled.
	Condition string `json:"condition"`
	Reason    string `json:"reason,omitempty"`
	Message   string `json:"message,omitempty"`
	// ExitCode is the job's own exit status.
	ExitCode int `json:"exitCode"`
}

// Wait waits until all jobs are finished, prints how each ended as soon as it
// has, and returns their outcomes. The error carries the exit status: the
// highest of the jobs', or exit.Tool where waiting itself failed.
func (w *Waiter) Wait(ctx context.Context, jobs ...*batchv1.Job) ([]job.Outcome, error) {
	outcomes, errs := make([]job.Outcome, len(jobs)), make([]error, len(jobs))
	var group sync.WaitGroup
	for i, one := range jobs {
		group.Go(func() { outcomes[i], errs[i] = w.one(ctx, one) })
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		return outcomes, w.failed(ctx, err, jobs)
	}
	highest := 0
	for _, outcome := range outcomes {
		highest = max(highest, outcome.ExitStatus)
	}
	return outcomes, exit.Silently(highest)
}

func (w *Waiter) one(ctx context.Context, one *batchv1.Job) (job.Outcome, error) {
	outcome, err := job.Await(ctx, w.Client, one, func(text string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.Factory.Say(text)
	})
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = exit.With(exit.Timeout, fmt.Errorf("--timeout ran out before job %q was finished", one.Name))
	}
	if err != nil {
		return outcome, err
	}
	return outcome, w.print(outcome)
}

// failed gives an error of the waiting its status. Ctrl-C never stops a job.
func (w *Waiter) failed(ctx context.Context, err error, jobs []*batchv1.Job) error {
	if !errors.Is(ctx.Err(), context.Canceled) {
		return exit.With(exit.Tool, err)
	}
	line := []string{"wait"}
	for _, one := range jobs {
		line = append(line, one.Name)
	}
	w.Factory.Say("\nNothing was stopped in the cluster; to go on waiting: " + w.Factory.Line(line...))
	return context.Canceled
}

func (w *Waiter) print(outcome job.Outcome) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	end := job.End(outcome.Job)
	r := report{
		Job: outcome.Job.Name, Namespace: outcome.Job.Namespace, Condition: string(job.StateOf(outcome.Job)),
		Reason: end.Reason, Message: end.Message, ExitCode: outcome.ExitStatus,
	}
	if w.JSON {
		return json.NewEncoder(w.Factory.Streams.Out).Encode(r)
	}
	tell := w.Factory.Answer
	if w.Aside {
		tell = func(text string) error { w.Factory.Say(text); return nil }
	}
	err := tell(r.line())
	if err == nil && r.Condition == string(job.Failed) {
		w.explain(outcome)
	}
	return err
}

func (r report) line() string {
	line := fmt.Sprintf("job.batch/%s %s", r.Job, strings.ToLower(r.Condition))
	if r.Condition == string(job.Failed) {
		line += fmt.Sprintf(" (exit status %d): %s", r.ExitCode, reason.Reason{Code: r.Reason, Message: r.Message})
	}
	if r.Condition == string(job.Cancelled) {
		line += fmt.Sprintf(" (exit status %d)", r.ExitCode)
	}
	return line
}

// explainLimit is how many failed pods are told about: they mostly say the same.
const explainLimit = 3

// explain says what the failed pods ended with, the one that decided first, and
// how to read more.
func (w *Waiter) explain(outcome job.Outcome) {
	told := 0
	pods := slices.DeleteFunc(slices.Clone(outcome.Pods), func(pod *corev1.Pod) bool { return pod.Status.Phase == corev1.PodSucceeded })
	slices.SortStableFunc(pods, func(a, b *corev1.Pod) int { return cmp.Compare(job.Highest(b), job.Highest(a)) })
	for _, pod := range pods {
		if text := reason.OfEnd(pod); text != "" && told < explainLimit && reason.Ended(pod) {
			w.Factory.Say("pod " + pod.Name + ": " + text)
			told++
		}
	}
	w.Factory.Say("Its log: " + w.Factory.Line("logs", outcome.Job.Name))
}
