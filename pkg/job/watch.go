package job

import (
	"context"
	"fmt"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/clock"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/watcher"
	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

// settle is how long changes are collected before they are evaluated: one event
// in the cluster causes a burst of changes.
const settle = 300 * time.Millisecond

// patienceChecks is how often it is checked, during Patience, whether Patience has expired.
const patienceChecks = 4

// View is the state of a job at one moment.
type View struct {
	Job *batchv1.Job
	// Pods are the job's pods, including those that were deleted while it was watched.
	Pods []*corev1.Pod
	// Reason is why nothing of the job runs.
	Reason reason.Reason
	// Gone means that the job was deleted; SawDeletion means that its last state is known.
	Gone, SawDeletion bool
}

// Watcher watches jobs.
type Watcher struct {
	Client clients.Interface
	Clock  clock.PassiveClock
	// Say receives the cluster's reason why nothing of a job runs, at each change.
	Say func(string)
	// Everywhere names jobs with their namespaces.
	Everywhere bool
	// Patience is how long a reason that waiting cannot resolve may last until
	// the watcher gives up; 0 for ever.
	Patience time.Duration
}

// displayName returns the name of a job as shown to users.
func (w *Watcher) displayName(job *batchv1.Job) string {
	if w.Everywhere {
		return job.Namespace + "/" + job.Name
	}
	return job.Name
}

// watch calls see with new views of jobs, which are in one namespace and
// unfinished, with the index of the job. When see returns false, the job is not watched any more. It ends when no job is
// left or ctx is done. It reports a lost connection to the cluster and reconnects. It does not
// poll.
func (w *Watcher) watch(ctx context.Context, jobs []*batchv1.Job, see func(int, View) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sets := newSets(w.Client, jobs, func(err error) {
		w.Say(fmt.Sprintf("lost the connection to the cluster (%v); retrying", err))
	})
	sets.start(ctx)
	var recheck <-chan time.Time
	if w.Patience > 0 { // it can expire although nothing changes
		ticker := time.NewTicker(max(w.Patience/patienceChecks, time.Second))
		defer ticker.Stop()
		recheck = ticker.C
	}
	for unfinished := indexes(jobs); len(unfinished) > 0; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-sets.failed:
			return fmt.Errorf("watching %s: %w", describe(jobs), err)
		case <-sets.changed:
		case <-recheck:
		}
		if !watcher.Sleep(ctx, settle) {
			return ctx.Err()
		}
		views, ok := sets.views(w.Clock.Now())
		if !ok {
			continue
		}
		for i := range unfinished {
			view := views(jobs[i])
			switch pending := see(i, view); {
			case !pending:
				delete(unfinished, i)
			case view.Gone: // there may be no further change
				time.AfterFunc(settle, sets.notify)
			}
		}
	}
	return nil
}

func indexes(jobs []*batchv1.Job) map[int]bool {
	set := make(map[int]bool, len(jobs))
	for i := range jobs {
		set[i] = true
	}
	return set
}

// describe names jobs for a message.
func describe(jobs []*batchv1.Job) string {
	if len(jobs) == 1 {
		return fmt.Sprintf("job %q", jobs[0].Name)
	}
	return fmt.Sprintf("%d jobs in namespace %q", len(jobs), jobs[0].Namespace)
}
