package job

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

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

type watcher struct {
	client   cluster.Interface
	job      *batchv1.Job
	lost     func(error)
	poked    chan struct{}
	failed   chan error
	listed   atomic.Bool // the job was looked for at least once
	jobs     follow.Set[*batchv1.Job]
	pods     follow.Set[*corev1.Pod]
	warnings follow.Set[*corev1.Event]
}

// start keeps the three sets. Events are a courtesy: a user may lack the right
// to read them, and the job's own end matters more.
func (w *watcher) start(ctx context.Context) {
	ns := w.job.Namespace
	byName := metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("metadata.name", w.job.Name).String()}
	ofJob := metav1.ListOptions{LabelSelector: Selector(w.job)}
	warnings := metav1.ListOptions{FieldSelector: "type=Warning"}
	looked := func() { w.listed.Store(true); w.poke() }
	go func() { w.fail(follow.Keep(ctx, w.client.BatchV1().Jobs(ns), byName, &w.jobs, looked, w.lost)) }()
	go func() { w.fail(follow.Keep(ctx, w.client.CoreV1().Pods(ns), ofJob, &w.pods, w.poke, quiet)) }()
	go func() { _ = follow.Keep(ctx, w.client.CoreV1().Events(ns), warnings, &w.warnings, w.poke, quiet) }()
}

// quiet: the watch of the job itself tells of a lost connection, once is enough.
func quiet(error) {}

func (w *watcher) poke() {
	select {
	case w.poked <- struct{}{}:
	default:
	}
}

func (w *watcher) fail(err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		w.failed <- err
	}
}

// view puts the sets together; false until the job itself was seen.
func (w *watcher) view() (View, bool) {
	if !w.listed.Load() {
		return View{}, false
	}
	same := func(job *batchv1.Job) bool { return job.UID == w.job.UID }
	v := View{Pods: slices.Concat(w.pods.All(), w.pods.Gone())}
	now, gone := w.jobs.All(), w.jobs.Gone()
	if i := slices.IndexFunc(now, same); i >= 0 {
		v.Job = now[i]
	} else if i := slices.IndexFunc(gone, same); i >= 0 {
		v.Job, v.Gone = gone[i], true
	} else {
		v.Job, v.Gone = w.job, true
	}
	v.Reason = reason.OfJob(v.Job, w.pods.All(), w.warnings.All())
	return v, true
}
