package job

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/watcher"
	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

// sets hold the objects that determine the state of jobs of one namespace. They need three lists and watches,
// however many jobs there are.
type sets struct {
	client  clients.Interface
	lost    func(error)
	jobs    []*batchv1.Job
	changed chan struct{}
	failed  chan error
	listed  atomic.Bool // the jobs were listed at least once

	current  watcher.Set[*batchv1.Job]
	pods     watcher.Set[*corev1.Pod]
	warnings watcher.Set[*corev1.Event]
}

// newSets returns the sets for jobs, of which there is at least one. They hold only
// objects that concern these jobs, because they may exist for days.
func newSets(client clients.Interface, jobs []*batchv1.Job, lost func(error)) *sets {
	s := &sets{client: client, lost: lost, jobs: jobs, changed: make(chan struct{}, 1), failed: make(chan error, 2)}
	uids := map[types.UID]bool{}
	stems, claims := map[string]bool{}, map[string]bool{}
	for _, job := range jobs {
		uids[job.UID], stems[podNameStem(job.Name)] = true, true
		for _, volume := range job.Spec.Template.Spec.Volumes {
			if volume.PersistentVolumeClaim != nil {
				claims[volume.PersistentVolumeClaim.ClaimName] = true
			}
		}
	}
	s.current.Wanted = func(job *batchv1.Job) bool { return uids[job.UID] }
	if len(jobs) == 1 {
		s.current.Start(jobs[0]) // it may end and be deleted before the first list
	}
	if len(jobs) > 1 {
		s.pods.Wanted = func(pod *corev1.Pod) bool { return uids[controllerOf(pod)] }
	}
	s.warnings.Forgets = true
	s.warnings.Wanted = func(event *corev1.Event) bool {
		switch about := event.InvolvedObject; about.Kind {
		case "Job":
			return uids[about.UID]
		case "Pod":
			return hasStem(stems, about.Name)
		case "PersistentVolumeClaim":
			return claims[about.Name]
		}
		return false
	}
	return s
}

// stemLength is how much of a job's name the names of its pods contain at least: the Job
// controller shortens long names to make room for a task's number and a suffix.
const stemLength = 40

func podNameStem(job string) string { return job[:min(len(job), stemLength)] }

// hasStem reports whether pod begins with one of stems and ends like a pod of it.
func hasStem(stems map[string]bool, pod string) bool {
	if len(pod) > stemLength && stems[pod[:stemLength]] {
		return true
	}
	for end := strings.LastIndexByte(pod, '-'); end > 0; end = strings.LastIndexByte(pod[:end], '-') {
		if stems[pod[:end]] {
			return true
		}
	}
	return false
}

func controllerOf(pod *corev1.Pod) types.UID {
	if controller := metav1.GetControllerOfNoCopy(pod); controller != nil {
		return controller.UID
	}
	return ""
}

// start keeps the three sets up to date. Errors of events are ignored: a user may lack the right
// to read them, and the outcome of the job is more important.
func (s *sets) start(ctx context.Context) {
	ns := s.jobs[0].Namespace
	ofJobs, ofPods := metav1.ListOptions{}, metav1.ListOptions{LabelSelector: podsOf(s.jobs)}
	if len(s.jobs) == 1 {
		ofJobs.FieldSelector = fields.OneTermEqualSelector("metadata.name", s.jobs[0].Name).String()
	}
	warnings := metav1.ListOptions{FieldSelector: "type=Warning"}
	onList := func() { s.listed.Store(true); s.notify() }
	go func() { s.fail(watcher.Follow(ctx, s.client.BatchV1().Jobs(ns), ofJobs, &s.current, onList, s.lost)) }()
	go func() {
		s.fail(watcher.Follow(ctx, s.client.CoreV1().Pods(ns), ofPods, &s.pods, s.notify, ignoreError))
	}()
	go func() {
		_ = watcher.Follow(ctx, s.client.CoreV1().Events(ns), warnings, &s.warnings, s.notify, ignoreError)
	}()
}

// podsOf returns a selector of the pods of jobs that selects as few other pods as possible.
func podsOf(jobs []*batchv1.Job) string {
	if len(jobs) == 1 {
		return Selector(jobs[0])
	}
	const jobName = "job-name" // every version of Kubernetes sets it
	if slices.ContainsFunc(jobs, func(job *batchv1.Job) bool { return job.Spec.ManualSelector != nil && *job.Spec.ManualSelector }) {
		return "" // their pods have labels that their author chose
	}
	return jobName
}

// ignoreError: the watch of the job reports a lost connection, and one report is enough.
func ignoreError(error) {}

func (s *sets) notify() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

func (s *sets) fail(err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		s.failed <- err
	}
}

// views returns a function that combines the sets for one job; false until the jobs
// were listed.
func (s *sets) views(currentTime time.Time) (viewOf func(*batchv1.Job) View, ok bool) {
	if !s.listed.Load() {
		return nil, false
	}
	jobs, deleted := byUID(s.current.All()), byUID(s.current.Gone())
	if len(s.jobs) == 1 {
		return func(job *batchv1.Job) View {
			return s.view(job, jobs, deleted, s.pods.All(), s.pods.Gone(), s.warnings.All(), currentTime)
		}, true
	}
	pods, podsGone := byController(s.pods.All()), byController(s.pods.Gone())
	warnings := s.warnings.All()
	return func(job *batchv1.Job) View {
		return s.view(job, jobs, deleted, pods[job.UID], podsGone[job.UID], warnings, currentTime)
	}, true
}

func (s *sets) view(job *batchv1.Job, jobs, deleted map[types.UID]*batchv1.Job, pods, podsGone []*corev1.Pod, warnings []*corev1.Event, currentTime time.Time) View {
	v := View{Job: job, Pods: slices.Concat(pods, podsGone)}
	if current, ok := jobs[job.UID]; ok {
		v.Job = current
	} else {
		v.Gone, v.SawDeletion = true, s.current.SawDeletion(job.UID)
		if final, ok := deleted[job.UID]; ok {
			v.Job = final
		}
	}
	v.Reason = reason.OfJob(v.Job, pods, warnings, currentTime)
	return v
}

func byUID(jobs []*batchv1.Job) map[types.UID]*batchv1.Job {
	result := make(map[types.UID]*batchv1.Job, len(jobs))
	for _, job := range jobs {
		result[job.UID] = job
	}
	return result
}

func byController(pods []*corev1.Pod) map[types.UID][]*corev1.Pod {
	result := map[types.UID][]*corev1.Pod{}
	for _, pod := range pods {
		result[controllerOf(pod)] = append(result[controllerOf(pod)], pod)
	}
	return result
}
