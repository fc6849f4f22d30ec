package job

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/kubectl-batch/kubectl-batch/pkg/cluster"
	"github.com/kubectl-batch/kubectl-batch/pkg/follow"
	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

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
