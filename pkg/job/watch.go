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

// settle is how long changes are gathered before they are looked at: one event
// of the cluster comes as a burst of changes.
const settle = 300 * time.Millisecond

// checksOfPatience is how often it is looked whether patience has run out.
const checksOfPatience = 4

// View is a job as seen at one moment.
type View struct {
	Job *batchv1.Job
	// Pods of the job, also those that were deleted while it was watched.
	Pods []*corev1.Pod
	// Reason is why nothing of the job runs.
	Reason reason.Reason
	// Gone means that the job was deleted; SawDeletion that its last state is known.
	Gone, SawDeletion bool
}

// Watcher watches jobs.
type Watcher struct {
	Client clients.Interface
	Clock  clock.PassiveClock
	// Say is told why nothing of a job runs, at each change, in the cluster's words.
	Say func(string)
	// Everywhere names jobs with their namespaces.
	Everywhere bool
	// Patience is how long a reason may last that waiting cannot resolve, until
	// the watcher gives up; 0 for ever.
	Patience time.Duration
}

// named returns the name of a job as people are told it.
func (w *Watcher) named(one *batchv1.Job) string {
	if w.Everywhere {
		return one.Namespace + "/" + one.Name
	}
	return one.Name
}

// watch calls see with new views of jobs, which are of one namespace and
// unfinished, each with its place in jobs. A job of which see returns false is not looked at again. It ends when none is
// left or ctx is done. A lost connection to the cluster is told; watch continues by
// itself. It does not poll.
func (w *Watcher) watch(ctx context.Context, jobs []*batchv1.Job, see func(int, View) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sets := newSets(w.Client, jobs, func(err error) {
		w.Say(fmt.Sprintf("lost the connection to the cluster (%v); retrying", err))
	})
	sets.start(ctx)
	var recheck <-chan time.Time
	if w.Patience > 0 { // it can run out although nothing changes
		ticker := time.NewTicker(max(w.Patience/checksOfPatience, time.Second))
		defer ticker.Stop()
		recheck = ticker.C
	}
	for left := indexes(jobs); len(left) > 0; {
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
		for i := range left {
			view := views(jobs[i])
			switch more := see(i, view); {
			case !more:
				delete(left, i)
			case view.Gone: // nothing may change any more
				time.AfterFunc(settle, sets.change)
			}
		}
	}
	return nil
}

func indexes(jobs []*batchv1.Job) map[int]bool {
	all := make(map[int]bool, len(jobs))
	for i := range jobs {
		all[i] = true
	}
	return all
}

// describe names jobs for a message.
func describe(jobs []*batchv1.Job) string {
	if len(jobs) == 1 {
		return fmt.Sprintf("job %q", jobs[0].Name)
	}
	return fmt.Sprintf("%d jobs in namespace %q", len(jobs), jobs[0].Namespace)
}
