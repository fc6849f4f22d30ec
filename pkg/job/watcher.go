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

// sets are the objects that tell what becomes of jobs of one namespace: however
// many jobs there are, three lists and watches.
type sets struct {
	client  clients.Interface
	lost    func(error)
	jobs    []*batchv1.Job
	changed chan struct{}
	failed  chan error
	listed  atomic.Bool // the jobs were looked for at least once

	current  watcher.Set[*batchv1.Job]
	pods     watcher.Set[*corev1.Pod]
	warnings watcher.Set[*corev1.Event]
}

// newSets returns the sets for jobs, of which there is at least one. They hold what
// concerns these jobs and nothing else, because they may be kept for days.
func newSets(client clients.Interface, jobs []*batchv1.Job, lost func(error)) *sets {
	s := &sets{client: client, lost: lost, jobs: jobs, changed: make(chan struct{}, 1), failed: make(chan error, 2)}
	wanted, names, claims := map[types.UID]bool{}, map[string]bool{}, map[string]bool{}
	for _, one := range jobs {
		wanted[one.UID], names[podNameStem(one.Name)] = true, true
		for _, volume := range one.Spec.Template.Spec.Volumes {
			if volume.PersistentVolumeClaim != nil {
				claims[volume.PersistentVolumeClaim.ClaimName] = true
			}
		}
	}
	s.current.Wanted = func(one *batchv1.Job) bool { return wanted[one.UID] }
	if len(jobs) == 1 {
		s.current.Start(jobs[0]) // it may end, and be deleted, before a list is made
	}
	if len(jobs) > 1 {
		s.pods.Wanted = func(pod *corev1.Pod) bool { return wanted[controllerOf(pod)] }
	}
	s.warnings.Forgets = true
	s.warnings.Wanted = func(event *corev1.Event) bool {
		switch about := event.InvolvedObject; about.Kind {
		case "Job":
			return wanted[about.UID]
		case "Pod":
			return hasStem(names, about.Name)
		case "PersistentVolumeClaim":
			return claims[about.Name]
		}
		return false
	}
	return s
}

// stemLength is how much of a job's name its pods' names have for certain: the Job
// controller cuts long ones to make room for a task's number and a suffix.
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

// start keeps the three sets. Events are a courtesy: a user may lack the right
// to read them, and the job's own end matters more.
func (s *sets) start(ctx context.Context) {
	ns := s.jobs[0].Namespace
	ofJobs, ofPods := metav1.ListOptions{}, metav1.ListOptions{LabelSelector: podsOf(s.jobs)}
	if len(s.jobs) == 1 {
		ofJobs.FieldSelector = fields.OneTermEqualSelector("metadata.name", s.jobs[0].Name).String()
	}
	warnings := metav1.ListOptions{FieldSelector: "type=Warning"}
	looked := func() { s.listed.Store(true); s.change() }
	go func() { s.fail(watcher.Keep(ctx, s.client.BatchV1().Jobs(ns), ofJobs, &s.current, looked, s.lost)) }()
	go func() { s.fail(watcher.Keep(ctx, s.client.CoreV1().Pods(ns), ofPods, &s.pods, s.change, quiet)) }()
	go func() { _ = watcher.Keep(ctx, s.client.CoreV1().Events(ns), warnings, &s.warnings, s.change, quiet) }()
}

// podsOf selects the pods of jobs, and as few others as one selector can.
func podsOf(jobs []*batchv1.Job) string {
	if len(jobs) == 1 {
		return Selector(jobs[0])
	}
	const jobName = "job-name" // every version of Kubernetes sets it
	if slices.ContainsFunc(jobs, func(one *batchv1.Job) bool { return one.Spec.ManualSelector != nil && *one.Spec.ManualSelector }) {
		return "" // their pods have the labels that their author chose
	}
	return jobName
}

// quiet: the watch of the job itself tells of a lost connection, once is enough.
func quiet(error) {}

func (s *sets) change() {
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

// views returns what puts the sets together for one job; false until the jobs
// themselves were seen.
func (s *sets) views(now time.Time) (of func(*batchv1.Job) View, ok bool) {
	if !s.listed.Load() {
		return nil, false
	}
	jobs, deleted := byUID(s.current.All()), byUID(s.current.Gone())
	if len(s.jobs) == 1 {
		return func(one *batchv1.Job) View {
			return s.view(one, jobs, deleted, s.pods.All(), s.pods.Gone(), s.warnings.All(), now)
		}, true
	}
	pods, podsGone, warnings := byController(s.pods.All()), byController(s.pods.Gone()), s.warnings.All()
	return func(one *batchv1.Job) View {
		return s.view(one, jobs, deleted, pods[one.UID], podsGone[one.UID], warnings, now)
	}, true
}

func (s *sets) view(one *batchv1.Job, jobs, deleted map[types.UID]*batchv1.Job, pods, podsGone []*corev1.Pod, warnings []*corev1.Event, now time.Time) View {
	v := View{Job: one, Pods: slices.Concat(pods, podsGone)}
	if current, there := jobs[one.UID]; there {
		v.Job = current
	} else {
		v.Gone, v.SawDeletion = true, s.current.SawDeletion(one.UID)
		if last, seen := deleted[one.UID]; seen {
			v.Job = last
		}
	}
	v.Reason = reason.OfJob(v.Job, pods, warnings, now)
	return v
}

func byUID(jobs []*batchv1.Job) map[types.UID]*batchv1.Job {
	by := make(map[types.UID]*batchv1.Job, len(jobs))
	for _, one := range jobs {
		by[one.UID] = one
	}
	return by
}

func byController(pods []*corev1.Pod) map[types.UID][]*corev1.Pod {
	by := map[types.UID][]*corev1.Pod{}
	for _, pod := range pods {
		by[controllerOf(pod)] = append(by[controllerOf(pod)], pod)
	}
	return by
}
