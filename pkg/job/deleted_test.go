package job_test

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	clienttesting "k8s.io/client-go/testing"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
)

// brokenWatches is a cluster in which a job is deleted as soon as it has ended. Each watch of jobs and of pods breaks
// once; from the version that it had, the next one continues, and a list shows nothing any more.
type brokenWatches struct {
	jobs, pods, events []runtime.Object
	// forgets means that the API server does not have old versions any more.
	forgets bool

	mu      sync.Mutex
	broken  map[string]int
	watches []watch.Interface
}

// stop ends the watches: those of a fake client do not end with their context.
func (b *brokenWatches) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range b.watches {
		w.Stop()
	}
}

func (b *brokenWatches) client() *faketest.Clientset {
	client := faketest.NewClientset(b.events...)
	b.broken = map[string]int{}
	client.PrependReactor("list", "jobs", func(clienttesting.Action) (bool, runtime.Object, error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.broken["jobs"] = 2 // a watch from this list has no change
		return true, &batchv1.JobList{ListMeta: metav1.ListMeta{ResourceVersion: "9"}}, nil
	})
	client.PrependReactor("list", "pods", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, &corev1.PodList{ListMeta: metav1.ListMeta{ResourceVersion: "1"}}, nil
	})
	client.PrependWatchReactor("jobs", func(clienttesting.Action) (bool, watch.Interface, error) { return true, b.watch("jobs", b.jobs), nil })
	client.PrependWatchReactor("pods", func(clienttesting.Action) (bool, watch.Interface, error) { return true, b.watch("pods", b.pods), nil })
	client.PrependWatchReactor("events", func(clienttesting.Action) (bool, watch.Interface, error) { return true, b.watch("", nil), nil })
	return client
}

func (b *brokenWatches) watch(kind string, changes []runtime.Object) watch.Interface {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := watch.NewFakeWithChanSize(len(changes)+1, false)
	b.watches = append(b.watches, w)
	switch b.broken[kind]++; {
	case kind == "":
	case b.broken[kind] == 1:
		w.Stop()
	case b.broken[kind] == 2 && b.forgets:
		w.Error(&metav1.Status{Code: 410, Reason: metav1.StatusReasonExpired})
	case b.broken[kind] == 2:
		for _, change := range changes {
			w.Modify(change)
		}
		if len(changes) > 0 {
			w.Delete(changes[len(changes)-1])
		}
	}
	return w
}

func version[T metav1.Object](object T, version string) T {
	object.SetResourceVersion(version)
	return object
}

// How a job ended is known although it is deleted at once and the watch of it breaks: by its Job, by its pods, by the
// events of the Job controller.
func TestDeletedJobHasOutcome(t *testing.T) {
	completions := int32(1)
	unfinished := version(faketest.Job("train", func(j *batchv1.Job) { j.Spec.Completions, j.Spec.BackoffLimit = &completions, new(int32) }), "1")
	changed := func(changes ...func(*batchv1.Job)) []runtime.Object {
		object := version(unfinished.DeepCopy(), "5")
		for _, change := range changes {
			change(object)
		}
		return []runtime.Object{object}
	}
	pod := func(phase corev1.PodPhase, changes ...func(*corev1.Pod)) []runtime.Object {
		return []runtime.Object{version(faketest.PodOf(unfinished, "train-x", phase, changes...), "4")}
	}
	decided := func(kind batchv1.JobConditionType) func(*batchv1.Job) {
		return faketest.Ended(kind, 0, "Decided", "by the controller")
	}
	for name, test := range map[string]struct {
		cluster *brokenWatches
		want    string
	}{
		"complete":                      {&brokenWatches{jobs: changed(faketest.Ended(batchv1.JobComplete, 0))}, "Complete 0"},
		"failed":                        {&brokenWatches{jobs: changed(faketest.Ended(batchv1.JobFailed, 0)), pods: pod(corev1.PodFailed, faketest.Exited(3))}, "Failed 3"},
		"decided to be complete":        {&brokenWatches{jobs: changed(decided(batchv1.JobSuccessCriteriaMet))}, "Complete 0"},
		"decided to fail":               {&brokenWatches{jobs: changed(decided(batchv1.JobFailureTarget))}, "Failed 1"},
		"its pod succeeded":             {&brokenWatches{jobs: changed(), pods: pod(corev1.PodSucceeded, faketest.Exited(0))}, "Complete 0"},
		"its pod failed":                {&brokenWatches{jobs: changed(), pods: pod(corev1.PodFailed, faketest.Exited(3))}, "Failed 3"},
		"its pod was stopped":           {&brokenWatches{jobs: changed(), pods: pod(corev1.PodSucceeded, faketest.Exited(0), endedAfterDeletion)}, `job "train" was deleted before it finished`},
		"its pod ran":                   {&brokenWatches{jobs: changed(), pods: pod(corev1.PodRunning)}, `job "train" was deleted before it finished`},
		"its pod ran, and no list":      {&brokenWatches{jobs: changed(), pods: pod(corev1.PodRunning), forgets: true}, `job "train" was deleted, and its end was not observed; it is unknown whether it completed`},
		"an event says it is complete":  {&brokenWatches{jobs: changed(), forgets: true, events: eventOf(unfinished, "Completed")}, "Complete 0"},
		"an event says that it failed":  {&brokenWatches{jobs: changed(), forgets: true, events: eventOf(unfinished, "DeadlineExceeded")}, "Failed 1"},
		"an event of another job":       {&brokenWatches{jobs: changed(), forgets: true, events: eventOf(faketest.Job("other"), "Completed")}, `job "train" was deleted, and its end was not observed; it is unknown whether it completed`},
		"an event that tells of no end": {&brokenWatches{jobs: changed(), forgets: true, events: eventOf(unfinished, "SuccessfulCreate")}, `job "train" was deleted, and its end was not observed; it is unknown whether it completed`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				defer test.cluster.stop()
				got := "nothing"
				watcher := job.Watcher{Client: test.cluster.client(), Clock: clocktesting.NewFakeClock(faketest.Now()), Say: func(string) {}}
				err := watcher.Await(t.Context(), []*batchv1.Job{unfinished}, func(_ int, outcome job.Outcome, err error) {
					if got = errorText(err); err == nil {
						got = string(job.StateOf(outcome.Job)) + " " + string(rune('0'+outcome.ExitStatus))
					}
				})
				if err != nil || !strings.HasPrefix(got, test.want) {
					t.Errorf("%s (%v); want %s", got, err, test.want)
				}
			})
		})
	}
}

// A job has an outcome although the API server does not answer when it has ended.
func TestOutcomeDuringOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := faketest.Job("train", faketest.Ended(batchv1.JobFailed, 0))
		client := faketest.NewClientset(faketest.PodOf(ended, "train-x", corev1.PodFailed, faketest.Exited(3)))
		failures := 30
		client.PrependReactor("list", "pods", func(clienttesting.Action) (bool, runtime.Object, error) {
			failures--
			return failures > 0, nil, apierrors.NewServiceUnavailable("away")
		})
		status := -1
		watcher := job.Watcher{Client: client, Clock: clocktesting.NewFakeClock(faketest.Now()), Say: func(string) {}}
		err := watcher.Await(t.Context(), []*batchv1.Job{ended}, func(_ int, outcome job.Outcome, _ error) { status = outcome.ExitStatus })
		if err != nil || status != 3 {
			t.Errorf("status %d, %v; want 3", status, err)
		}
	})
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// endedAfterDeletion has a pod be deleted a moment before it ended.
func endedAfterDeletion(pod *corev1.Pod) {
	grace, request := int64(30), faketest.Now()
	stop := metav1.NewTime(request.Add(time.Duration(grace) * time.Second))
	pod.DeletionTimestamp, pod.DeletionGracePeriodSeconds = &stop, &grace
	pod.Status.ContainerStatuses[0].State.Terminated.FinishedAt = metav1.NewTime(request)
}

func eventOf(about *batchv1.Job, cause string) []runtime.Object {
	return []runtime.Object{&corev1.Event{
		ObjectMeta: metav1.ObjectMeta{Name: "event", Namespace: about.Namespace}, Reason: cause, Message: "Job ended",
		InvolvedObject: corev1.ObjectReference{Kind: "Job", Name: about.Name, UID: about.UID},
	}}
}
