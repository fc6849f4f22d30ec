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
	// Pods are the job's pods as last seen, including those that were deleted meanwhile. When
	// several jobs are awaited, only failed jobs have them.
	Pods []*corev1.Pod
	// ExitStatus is the exit status of the job, see the function ExitStatus.
	ExitStatus int
	// Deleted means that the job, with its pods and their logs, is being deleted or does not exist any more.
	Deleted bool
}

// Ended receives the outcome of a job, by its index among the awaited jobs: once for
// each job, one call at a time. An error means that the job will never have an outcome.
type Ended func(i int, outcome Outcome, err error)

// Await waits until jobs are finished, or ctx is done. It returns an error if the
// cluster cannot be queried or ctx is done; then some jobs were not reported.
func (w *Watcher) Await(ctx context.Context, jobs []*batchv1.Job, ended Ended) error {
	var mu sync.Mutex
	report := func(i int, outcome Outcome, err error) {
		mu.Lock()
		defer mu.Unlock()
		ended(i, outcome, err)
	}
	byNamespace := map[string][]int{}
	for i, job := range jobs {
		byNamespace[job.Namespace] = append(byNamespace[job.Namespace], i)
	}
	var group sync.WaitGroup
	errs := make(chan error, len(byNamespace))
	for _, positions := range byNamespace {
		group.Go(func() { errs <- w.awaitIn(ctx, jobs, positions, report) })
	}
	group.Wait()
	close(errs)
	var joined error
	for err := range errs {
		joined = errors.Join(joined, err)
	}
	return joined
}

// awaitIn waits for the jobs at positions, which are in one namespace.
func (w *Watcher) awaitIn(ctx context.Context, jobs []*batchv1.Job, positions []int, ended Ended) error {
	var finished, waiting []int
	for _, i := range positions {
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
	if err := w.conclude(ctx, views, len(positions) > 1, ended); err != nil || len(waiting) == 0 {
		return err
	}
	a := awaiting{watcher: w, positions: waiting, several: len(positions) > 1, ended: ended}
	for _, i := range waiting {
		a.jobs = append(a.jobs, jobs[i])
	}
	return a.wait(ctx)
}

// awaiting is the wait for the unfinished jobs of one namespace.
type awaiting struct {
	watcher *Watcher
	jobs    []*batchv1.Job
	// positions are the positions of jobs among all awaited jobs.
	positions []int
	several   bool
	ended     Ended
	// observe, if not nil, receives each view first; it reports that the job is known to run.
	observe   func(View) bool
	reporters []reporter
	// hopeless is the time since which a job has a reason that waiting cannot resolve.
	hopeless map[int]time.Time
	// deleted counts the checks of a deleted job whose outcome is unknown.
	deleted map[int]int
}

func (a *awaiting) wait(ctx context.Context) error {
	a.hopeless, a.deleted = map[int]time.Time{}, map[int]int{}
	for _, job := range a.jobs {
		a.reporters = append(a.reporters, reporter{name: a.watcher.displayName(job), report: a.watcher.Say})
	}
	var failed error
	err := a.watcher.watch(ctx, a.jobs, func(i int, v View) bool {
		if a.observe != nil && a.observe(v) {
			a.reporters[i].running = true
		}
		a.reporters[i].reportChange(v)
		switch {
		case End(v.Job) != nil:
			failed = errors.Join(failed, a.watcher.conclude(ctx, map[int]View{a.positions[i]: v}, a.several, a.ended))
			return false
		case v.Gone:
			return !a.concludeDeleted(ctx, i, v)
		}
		if err := a.checkPatience(i, v); err != nil {
			a.ended(a.positions[i], Outcome{}, err)
			return false
		}
		return true
	})
	return errors.Join(err, failed)
}

// checkPatience returns an error when a reason that waiting cannot resolve has lasted too long.
func (a *awaiting) checkPatience(i int, v View) error {
	checkedAt := a.watcher.Clock.Now()
	since, recorded := a.hopeless[i]
	switch {
	case !v.Reason.Hopeless && v.Reason.Code != reason.ImagePullBackOff: // its cause is the preceding error
		delete(a.hopeless, i)
	case !recorded && v.Reason.Hopeless:
		a.hopeless[i] = checkedAt
	case recorded && a.watcher.Patience > 0 && checkedAt.Sub(since) >= a.watcher.Patience:
		return &HopelessError{Job: v.Job, Name: a.watcher.displayName(v.Job), Reason: v.Reason, After: a.watcher.Patience}
	}
	return nil
}

// HopelessError means that a job does not run for a reason that waiting cannot resolve.
type HopelessError struct {
	Job *batchv1.Job
	// Name is the job's name as shown to users.
	Name   string
	Reason reason.Reason
	After  time.Duration
}

// Error returns a sentence for users.
func (e *HopelessError) Error() string {
	return fmt.Sprintf("stopped waiting after %s: %s", e.After, e.Reason.Sentence(e.Name))
}

// outageLimit is how long the API server may be unavailable when a job has ended: otherwise its outcome would be lost.
const outageLimit = time.Minute

// conclude reports finished jobs to ended, by their positions. It lists the pods again,
// because the watch of the pods can lag behind the watch of the job. Of several jobs it lists only the pods
// of failed jobs: the exit status of the others does not depend on pods.
func (w *Watcher) conclude(ctx context.Context, views map[int]View, several bool, ended Ended) error {
	var ask []*batchv1.Job
	for _, v := range views {
		if !several || StateOf(v.Job) == Failed {
			ask = append(ask, v.Job)
		}
	}
	listed, err := podsOfEach(ctx, w.Client, ask)
	for waited := time.Duration(0); watcher.Passing(err) && waited < outageLimit && watcher.Sleep(ctx, time.Second); waited += time.Second {
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

// outcomeOf combines the last view of a finished job and its current pods.
func outcomeOf(v View, pods []*corev1.Pod) Outcome {
	listed := map[types.UID]bool{}
	for _, pod := range pods {
		listed[pod.UID] = true
	}
	merged := slices.Clone(pods)
	for _, pod := range v.Pods {
		if !listed[pod.UID] {
			merged = append(merged, pod)
		}
	}
	return Outcome{Job: v.Job, Pods: merged, ExitStatus: ExitStatus(v.Job, merged), Deleted: v.Gone || isDeletedAtEnd(v.Job)}
}

// isDeletedAtEnd reports whether a finished job is being deleted, or will be at once by its TTL.
func isDeletedAtEnd(job *batchv1.Job) bool {
	ttl := job.Spec.TTLSecondsAfterFinished
	return job.DeletionTimestamp != nil || ttl != nil && *ttl == 0
}

// fewJobs is the largest number of jobs whose pods are listed by one request per job.
const fewJobs = 10

// podsOfEach returns the pods of jobs, which are in one namespace, by the UID of
// their job. For many jobs it lists all pods of the namespace once.
func podsOfEach(ctx context.Context, client clients.Interface, jobs []*batchv1.Job) (map[types.UID][]*corev1.Pod, error) {
	podsByJob := map[types.UID][]*corev1.Pod{}
	if len(jobs) <= fewJobs {
		for _, job := range jobs {
			pods, err := Pods(ctx, client, job)
			if err != nil {
				return nil, err
			}
			podsByJob[job.UID] = pods
		}
		return podsByJob, nil
	}
	for _, job := range jobs {
		podsByJob[job.UID] = nil
	}
	err := watcher.Each(ctx, client.CoreV1().Pods(jobs[0].Namespace), metav1.ListOptions{LabelSelector: podsOf(jobs)}, func(pod *corev1.Pod) error {
		if uid := controllerOf(pod); pod.Status.Phase != corev1.PodPending {
			if _, requested := podsByJob[uid]; requested {
				podsByJob[uid] = append(podsByJob[uid], pod)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing the pods of %s: %w", describe(jobs), err)
	}
	return podsByJob, nil
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
