package job

import (
	"context"
	"fmt"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/cluster"
	"github.com/kubectl-batch/kubectl-batch/pkg/follow"
	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

// settle is how long changes are gathered before they are looked at: one event
// of the cluster comes as a burst of changes.
const settle = 300 * time.Millisecond

// View is a job as seen at one moment.
type View struct {
	Job *batchv1.Job
	// Pods of the job, also those that were deleted while it was watched.
	Pods []*corev1.Pod
	// Reason is why nothing of the job runs.
	Reason reason.Reason
	// Gone means that the job was deleted.
	Gone bool
}

// Watch calls see with each new view of job until see returns false, the job is
// deleted (see gets one last view) or ctx is done. lost is told when the
// connection to the cluster broke; Watch goes on by itself. It does not poll.
func Watch(ctx context.Context, client cluster.Interface, job *batchv1.Job, see func(View) bool, lost func(error)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := &watcher{client: client, job: job, lost: lost, poked: make(chan struct{}, 1), failed: make(chan error, 3)}
	w.start(ctx)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-w.failed:
			return fmt.Errorf("watching job %q: %w", job.Name, err)
		case <-w.poked:
		}
		if !follow.Sleep(ctx, settle) {
			return ctx.Err()
		}
		if view, ok := w.view(); ok && (!see(view) || view.Gone) {
			return nil
		}
	}
}
