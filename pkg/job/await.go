package job

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/watcher"
	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

// Outcome is how a job ended.
type Outcome struct {
	Job *batchv1.Job
	// Pods of the job as last seen, also those that were deleted on the way. Of
	// several jobs only those that failed have them.
	Pods []*corev1.Pod
	// ExitStatus is the job's own, see ExitStatus.
	ExitStatus int
	// Deleted means that the job, with its pods and their logs, is being deleted or does not exist any more.
	Deleted bool
}

// Ended is told how a job ended, by its place among those that are awaited: once for
// each job, one call at a time. The error says why it never will.
type Ended func(i int, outcome Outcome, err error)

// Await waits until jobs are finished, for ever where ctx allows. Errors: the
// cluster cannot be asked, or ctx is done; then some jobs were not told of.
func (w *Watcher) Await(ctx context.Context, jobs []*batchv1.Job, ended Ended) error {
	var mu sync.Mutex
	one := func(i int, outcome Outcome, err error) {
		mu.Lock()
		defer mu.Unlock()
		ended(i, outcome, err)
	}
	places := map[string][]int{}
	for i, job := range jobs {
		places[job.Namespace] = append(places[job.Namespace], i)
	}
	var group sync.WaitGroup
	errs := make(chan error, len(places))
	for _, in := range places {
		group.Go(func() { errs <- w.awaitIn(ctx, jobs, in, one) })
	}
	group.Wait()
	close(errs)
	var all error
	for err := range errs {
		all = errors.Join(all, err)
	}
	return all
}

// awaitIn waits for the jobs at places, which are of one namespace.
func (w *Watcher) awaitIn(ctx context.Context, jobs []*batchv1.Job, places []int, ended Ended) error {
	var finished, waiting []int
	for _, i := range places {
		if End(jobs[i]) != nil {
			finished = append(finished, i)
		} else {
			waiting = append(waiting, i)
		}
	}
	views := map[int]View{}
	for _, i := range finished {
		views[i] = View{Job: jobs[i]}
	}
	if err := w.conclude(ctx, views, len(places) > 1, ended); err != nil || len(waiting) == 0 {
		return err
	}
	a := awaiting{watcher: w, places: waiting, several: len(places) > 1, ended: ended}
	for _, i := range waiting {
		a.jobs = append(a.jobs, jobs[i])
	}
	return a.wait(ctx)
}

// awaiting is the wait for the unfinished jobs of one namespace.
type awaiting struct {
	watcher *Watcher
	jobs    []*batchv1.Job
	// places are those of jobs among all that are awaited.
	places  []int
	several bool
	ended   Ended
	// seen, if not nil, is shown each view first; it reports that the job is known to run.
	seen    func(View) bool
	tellers []teller
	// hopeless is since when a job has a reason that waiting cannot resolve.
	hopeless map[int]time.Time
	// deleted counts the looks at a deleted job of which it is not known how it ended.
	deleted map[int]int
}

func (a *awaiting) wait(ctx context.Context) error {
	a.hopeless, a.deleted = map[int]time.Time{}, map[int]int{}
	for _, one := range a.jobs {
		a.tellers = append(a.tellers, teller{name: a.watcher.named(one), say: a.watcher.Say})
	}
	var failed error
	err := a.watcher.watch(ctx, a.jobs, func(i int, v View) bool {
		if a.seen != nil && a.seen(v) {
			a.tellers[i].running = true
		}
		a.tellers[i].tell(v)
		switch {
		case End(v.Job) != nil:
			failed = errors.Join(failed, a.watcher.conclude(ctx, map[int]View{a.places[i]: v}, a.several, a.ended))
			return false
		case v.Gone:
			return !a.concludeDeleted(ctx, i, v)
		}
		if err := a.patience(i, v); err != nil {
			a.ended(a.places[i], Outcome{}, err)
			return false
		}
		return true
	})
	return errors.Join(err, failed)
}

// patience returns an error when a reason that waiting cannot resolve has lasted too long.
func (a *awaiting) patience(i int, v View) error {
	now := a.watcher.Clock.Now()
	since, known := a.hopeless[i]
	switch {
	case !v.Reason.Hopeless && v.Reason.Code != reason.ImagePullBackOff: // of which the cause is the error before
		delete(a.hopeless, i)
	case !known && v.Reason.Hopeless:
		a.hopeless[i] = now
	case known && a.watcher.Patience > 0 && now.Sub(since) >= a.watcher.Patience:
		return &HopelessError{Job: v.Job, Name: a.watcher.named(v.Job), Reason: v.Reason, After: a.watcher.Patience}
	}
	return nil
}

// HopelessError says that a job does not run for a reason that waiting cannot resolve.
type HopelessError struct {
	Job *batchv1.Job
	// Name is the job's as people are told it.
	Name   string
	Reason reason.Reason
	After  time.Duration
}

// Error returns the sentence for people.
func (e *HopelessError) Error() string {
	return fmt.Sprintf("stopped waiting after %s: %s", e.After, e.Reason.Sentence(e.Name))
}

// outage is how long an API server may be away when a job has ended: its outcome would be lost.
const outage = time.Minute

// conclude tells ended of finished jobs, by their places. It looks at the pods once
// more: their watch can lag behind the job's. Of several jobs it asks only for the pods
// of those that failed: the exit status of the others does not depend on pods.
func (w *Watcher) conclude(ctx context.Context, views map[int]View, several bool, ended Ended) error {
	var ask []*batchv1.Job
	for _, v := range views {
		if !several || StateOf(v.Job) == Failed {
			ask = append(ask, v.Job)
		}
	}
	listed, err := podsOfEach(ctx, w.Client, ask)
	for waited := time.Duration(0); watcher.Passing(err) && waited < outage && watcher.Sleep(ctx, time.Second); waited += time.Second {
		listed, err = podsOfEach(ctx, w.Client, ask)
	}
	if err != nil {
		return err
	}
	for _, i := range slices.Sorted(maps.Keys(views)) {
		ended(i, outcomeOf(views[i], listed[views[i].Job.UID]), nil)
	}
	return nil
}

// outcomeOf puts together what was seen of a finished job and the pods it has now.
func outcomeOf(v View, pods []*corev1.Pod) Outcome {
	listed := map[types.UID]bool{}
	for _, pod := range pods {
		listed[pod.UID] = true
	}
	all := slices.Clone(pods)
	for _, pod := range v.Pods {
		if !listed[pod.UID] {
			all = append(all, pod)
		}
	}
	return Outcome{Job: v.Job, Pods: all, ExitStatus: ExitStatus(v.Job, all), Deleted: v.Gone || isDeletedAtEnd(v.Job)}
}

// isDeletedAtEnd reports whether a finished job is deleted already, or is by its TTL.
func isDeletedAtEnd(job *batchv1.Job) bool {
	ttl := job.Spec.TTLSecondsAfterFinished
	return job.DeletionTimestamp != nil || ttl != nil && *ttl == 0
}

// fewJobs is up to how many jobs are asked for their pods one by one.
const fewJobs = 10

// podsOfEach returns the pods of jobs, which are of one namespace, by the UID of
// their job: for many jobs with one look at all pods of the namespace.
func podsOfEach(ctx context.Context, client clients.Interface, jobs []*batchv1.Job) (map[types.UID][]*corev1.Pod, error) {
	by := map[types.UID][]*corev1.Pod{}
	if len(jobs) <= fewJobs {
		for _, one := range jobs {
			pods, err := Pods(ctx, client, one)
			if err != nil {
				return nil, err
			}
			by[one.UID] = pods
		}
		return by, nil
	}
	for _, one := range jobs {
		by[one.UID] = nil
	}
	err := watcher.Each(ctx, client.CoreV1().Pods(jobs[0].Namespace), metav1.ListOptions{LabelSelector: podsOf(jobs)}, func(pod *corev1.Pod) error {
		if uid := controllerOf(pod); pod.Status.Phase != corev1.PodPending {
			if _, wanted := by[uid]; wanted {
				by[uid] = append(by[uid], pod)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing the pods of %s: %w", describe(jobs), err)
	}
	return by, nil
}

// Pods returns the pods of job, oldest first.
func Pods(ctx context.Context, client clients.Interface, job *batchv1.Job) ([]*corev1.Pod, error) {
	list, err := client.CoreV1().Pods(job.Namespace).List(ctx, metav1.ListOptions{LabelSelector: Selector(job)})
	if err != nil {
		return nil, fmt.Errorf("listing the pods of job %q: %w", job.Name, err)
	}
	pods := make([]*corev1.Pod, len(list.Items))
	for i := range list.Items {
		pods[i] = &list.Items[i]
	}
	sortPods(pods)
	return pods, nil
}

func sortPods(pods []*corev1.Pod) {
	slices.SortStableFunc(pods, func(a, b *corev1.Pod) int {
		return a.CreationTimestamp.Compare(b.CreationTimestamp.Time)
	})
}
