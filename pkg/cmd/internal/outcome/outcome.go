// Package outcome waits for jobs and reports their outcomes, for every verb that waits.
package outcome

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

// Waiter waits for jobs.
type Waiter struct {
	Factory *factory.Factory
	Client  clients.Interface
	// JSON prints one object per job and line instead of sentences.
	JSON bool
	// Aside prints sentences on ErrOut, because Out receives something else.
	Aside bool
	// Patience is how long a reason may last that waiting cannot resolve; 0 for ever.
	Patience time.Duration
	// Everywhere names jobs with their namespaces.
	Everywhere bool
	// Resume is printed after Ctrl-C: the command that continues the work,
	// and further lines. The default is the wait command.
	Resume []string

	mu sync.Mutex
	// followed means that the log of the job was printed.
	followed bool
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

// Wait waits until all jobs are finished, prints each outcome as soon as
// it is known, and returns the outcomes. The error carries the exit status: the
// highest of the jobs', or exit.Tool if the wait itself failed.
func (w *Waiter) Wait(ctx context.Context, jobs ...*batchv1.Job) ([]job.Outcome, error) {
	outcomes := make([]job.Outcome, len(jobs))
	errs := make([]error, len(jobs))
	ended := make([]bool, len(jobs))
	failed := w.watcher().Await(ctx, jobs, func(i int, outcome job.Outcome, err error) {
		outcomes[i], errs[i] = outcome, err
		ended[i] = true
		if err == nil {
			errs[i] = w.print(outcome)
		}
	})
	var waiting []*batchv1.Job
	for i, object := range jobs {
		if !ended[i] {
			waiting = append(waiting, object)
		}
	}
	if failed != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		failed = w.timeoutError(waiting)
	}
	if err := errors.Join(append(errs, failed)...); err != nil {
		return outcomes, w.failed(ctx, err, jobs)
	}
	highest := 0
	for _, outcome := range outcomes {
		highest = max(highest, outcome.ExitStatus)
	}
	return outcomes, exit.Silently(highest)
}

// Follow prints the logs of a job until it is finished, and then its outcome. It
// returns the outcome, without a Job if it is unknown, and an error with
// the job's exit status, as Wait does. lost receives an error about logs that were not printed.
func (w *Waiter) Follow(ctx context.Context, object *batchv1.Job, lost func(error)) (job.Outcome, error) {
	outcome, err := w.watcher().FollowLogs(ctx, object, w.Factory.Streams.Out)
	w.followed = true
	switch {
	case outcome.Job == nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return outcome, w.timeoutError([]*batchv1.Job{object})
	case outcome.Job == nil:
		return outcome, w.failed(ctx, err, []*batchv1.Job{object})
	case err != nil:
		lost(err)
	}
	if err := w.print(outcome); err != nil {
		return outcome, w.failed(ctx, err, []*batchv1.Job{object})
	}
	return outcome, exit.Silently(outcome.ExitStatus)
}

func (w *Waiter) watcher() *job.Watcher {
	return &job.Watcher{Client: w.Client, Clock: w.Factory.Clock, Patience: w.Patience, Everywhere: w.Everywhere, Say: func(text string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.Factory.Say(text)
	}}
}

// mostNamed is how many jobs an error names.
const mostNamed = 10

// named returns the name of a job as shown to users.
func (w *Waiter) named(object *batchv1.Job) string {
	if w.Everywhere {
		return object.Namespace + "/" + object.Name
	}
	return object.Name
}

func (w *Waiter) timeoutError(jobs []*batchv1.Job) error {
	if len(jobs) == 1 {
		return exit.With(exit.Timeout, fmt.Errorf("timed out (--timeout): job %q is not finished", w.named(jobs[0])))
	}
	var names []string
	for _, object := range jobs[:min(len(jobs), mostNamed)] {
		names = append(names, w.named(object))
	}
	if omitted := len(jobs) - len(names); omitted > 0 {
		names = append(names, fmt.Sprintf("and %d more", omitted))
	}
	return exit.With(exit.Timeout, fmt.Errorf("timed out (--timeout): %d jobs are not finished: %s", len(jobs), strings.Join(names, ", ")))
}

// failed gives an error of the waiting its status. Ctrl-C never stops a job.
func (w *Waiter) failed(ctx context.Context, err error, jobs []*batchv1.Job) error {
	if !errors.Is(ctx.Err(), context.Canceled) {
		if hopeless, ok := errors.AsType[*job.HopelessError](err); ok && len(jobs) == 1 {
			w.Factory.Say("The job was not cancelled. To cancel it, run: " + w.lineOf(hopeless.Job, "cancel"))
		}
		return exit.With(exit.Tool, err)
	}
	lines := w.Resume
	if len(lines) == 0 {
		words := []string{"wait"}
		for _, object := range jobs {
			words = append(words, object.Name)
		}
		lines = []string{w.Factory.Line(words...)}
	}
	w.Factory.SayLines(append([]string{"", jobsContinue(jobs) + " To resume, run: " + lines[0]}, lines[1:]...)...)
	return context.Canceled
}

func jobsContinue(jobs []*batchv1.Job) string {
	if len(jobs) == 1 {
		return "The job continues in the cluster."
	}
	return "The jobs continue in the cluster."
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
		text, err := printable.JSON(r, "")
		if err == nil {
			_, err = w.Factory.Streams.Out.Write(text)
		}
		return err
	}
	tell := w.Factory.Answer
	if w.Aside {
		tell = func(lines ...string) error { w.Factory.SayLines(lines...); return nil }
	}
	err := tell(r.line(w.Everywhere))
	if err == nil && r.Condition == string(job.Failed) {
		w.explain(outcome)
	}
	return err
}

// line returns the outcome as a sentence; everywhere includes the namespace.
func (r report) line(everywhere bool) string {
	line := fmt.Sprintf("job.batch/%s %s", r.Job, strings.ToLower(r.Condition))
	if everywhere {
		line += " in " + r.Namespace
	}
	if r.Condition == string(job.Failed) {
		line += fmt.Sprintf(" (exit status %d): %s", r.ExitCode, reason.Reason{Code: r.Reason, Message: r.Message})
	}
	if r.Condition == string(job.Cancelled) {
		line += fmt.Sprintf(" (exit status %d)", r.ExitCode)
	}
	return line
}

// explainLimit is how many failed pods are described: they usually have the same cause.
const explainLimit = 3

// explain describes how the failed pods ended, the one with the highest status first, and
// prints the command that shows the log.
func (w *Waiter) explain(outcome job.Outcome) {
	explained := 0
	pods := slices.DeleteFunc(slices.Clone(outcome.Pods), func(pod *corev1.Pod) bool { return pod.Status.Phase == corev1.PodSucceeded })
	slices.SortStableFunc(pods, func(a, b *corev1.Pod) int { return cmp.Compare(job.Highest(b), job.Highest(a)) })
	for _, pod := range pods {
		if text := reason.OfEnd(pod); text != "" && explained < explainLimit && reason.Ended(pod) {
			w.Factory.Say("pod " + w.podName(pod) + ": " + text)
			explained++
		}
	}
	if len(outcome.Pods) > 0 && !w.followed && !outcome.Deleted {
		w.Factory.Say("To see its log, run: " + w.lineOf(outcome.Job, "logs"))
	}
}

// lineOf is the command line of a verb for one job.
func (w *Waiter) lineOf(object *batchv1.Job, verb string) string {
	if w.Everywhere {
		return w.Factory.LineIn(object.Namespace, verb, object.Name)
	}
	return w.Factory.Line(verb, object.Name)
}

func (w *Waiter) podName(pod *corev1.Pod) string {
	if w.Everywhere {
		return pod.Namespace + "/" + pod.Name
	}
	return pod.Name
}
