package reason_test

import (
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

// status gives a container of a pod a state.
func status(name string, state corev1.ContainerState) func(*corev1.Pod) {
	return func(pod *corev1.Pod) {
		pod.Status.ContainerStatuses = append(pod.Status.ContainerStatuses, corev1.ContainerStatus{Name: name, State: state})
	}
}

func running() corev1.ContainerState {
	return corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
}

func exited(code int32, ago time.Duration) corev1.ContainerState {
	return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: code, FinishedAt: metav1.NewTime(faketest.Now().Add(-ago))}}
}

// conditions sets what is said of the readiness of a pod on a node.
func conditions(ready, containers corev1.ConditionStatus) func(*corev1.Pod) {
	return func(pod *corev1.Pod) {
		pod.Spec.NodeName = "n1"
		pod.Status.Conditions = []corev1.PodCondition{
			{Type: corev1.PodReady, Status: ready, LastTransitionTime: metav1.NewTime(faketest.Now().Add(-time.Hour))},
			{Type: corev1.ContainersReady, Status: containers},
		}
	}
}

func deleted(pod *corev1.Pod) { pod.DeletionTimestamp = &metav1.Time{Time: faketest.Now()} }

func TestJobWaitsForPodToEnd(t *testing.T) {
	job := faketest.Job("train")
	pod := func(changes ...func(*corev1.Pod)) *corev1.Pod {
		return faketest.PodOf(job, "train-x", corev1.PodRunning, changes...)
	}
	lost := conditions(corev1.ConditionFalse, corev1.ConditionTrue)
	heldWords := "job train: Waiting for pod train-x to end: node n1 has not been ready since " + faketest.Now().Add(-time.Hour).UTC().Format(time.RFC3339) +
		"; the job continues when the node is ready again. "
	for name, test := range map[string]struct {
		pods []*corev1.Pod
		want string
	}{
		"its node does not report":         {[]*corev1.Pod{pod(lost, deleted)}, heldWords},
		"not deleted yet":                  {[]*corev1.Pod{pod(lost)}, heldWords},
		"another task runs":                {[]*corev1.Pod{pod(), pod(lost)}, heldWords},
		"ends on a node that is ready":     {[]*corev1.Pod{pod(conditions(corev1.ConditionTrue, corev1.ConditionTrue), deleted)}, "job train: Waiting for pod train-x to end: the pod is being deleted"},
		"containers that are not ready":    {[]*corev1.Pod{pod(conditions(corev1.ConditionFalse, corev1.ConditionFalse))}, ""},
		"runs":                             {[]*corev1.Pod{pod(conditions(corev1.ConditionTrue, corev1.ConditionTrue))}, ""},
		"has ended on a node that is lost": {[]*corev1.Pod{faketest.PodOf(job, "train-x", corev1.PodSucceeded, lost)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := reason.OfJob(job, test.pods, nil, faketest.Now())
			if test.want == "" && got.Known() || test.want != "" && !strings.HasPrefix(got.Sentence("train"), test.want) {
				t.Errorf("%q; want %q", got.Sentence("train"), test.want)
			}
		})
	}
}

func TestPartlyEndedPod(t *testing.T) {
	job := faketest.Job("train")
	pod := func(policy corev1.RestartPolicy, changes ...func(*corev1.Pod)) *corev1.Pod {
		pod := faketest.PodOf(job, "train-x", corev1.PodRunning)
		pod.Status.ContainerStatuses, pod.Spec.RestartPolicy = nil, policy
		for _, change := range changes {
			change(pod)
		}
		return pod
	}
	never := corev1.RestartPolicyNever
	proxyRuns := status("proxy", running())
	for name, test := range map[string]struct {
		pods []*corev1.Pod
		want string
	}{
		"one container has ended": {[]*corev1.Pod{pod(never, proxyRuns, status("train", exited(0, 0)))}, "Running: container train ended with status 0, container proxy is still running"},
		"and failed":              {[]*corev1.Pod{pod(never, status("train", exited(3, 0)), proxyRuns)}, "Running: container train ended with status 3, container proxy is still running"},
		"and is started again":    {[]*corev1.Pod{pod(corev1.RestartPolicyOnFailure, status("train", exited(3, 0)), proxyRuns)}, ""},
		"all run":                 {[]*corev1.Pod{pod(never, proxyRuns, status("train", running()))}, ""},
		"in another pod all run":  {[]*corev1.Pod{pod(never, proxyRuns, status("train", exited(0, 0))), pod(never, proxyRuns)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := reason.OfJob(job, test.pods, nil, faketest.Now()); got.String() != test.want {
				t.Errorf("%q; want %q", got, test.want)
			}
		})
	}
}

func TestRetrying(t *testing.T) {
	limited := func(limit int32) func(*batchv1.Job) { return func(j *batchv1.Job) { j.Spec.BackoffLimit = &limit } }
	perTask := func(j *batchv1.Job) { limit := int32(2); j.Spec.BackoffLimitPerIndex = &limit; j.Status.Failed = 3 }
	failed := func(code int32, ago time.Duration, changes ...func(*corev1.Pod)) *corev1.Pod {
		pod := faketest.PodOf(faketest.Job("bo"), "bo-x", corev1.PodFailed, changes...)
		pod.Status.ContainerStatuses = nil
		pod.CreationTimestamp = metav1.NewTime(faketest.Now().Add(-time.Hour))
		status("main", exited(code, ago))(pod)
		return pod
	}
	task := func(index, failures string) func(*corev1.Pod) {
		return func(pod *corev1.Pod) {
			pod.Annotations = map[string]string{batchv1.JobCompletionIndexAnnotation: index, batchv1.JobIndexFailureCountAnnotation: failures}
		}
	}
	for name, test := range map[string]struct {
		job  *batchv1.Job
		pods []*corev1.Pod
		want string
	}{
		"after three failures": {
			faketest.Job("bo", limited(6)),
			[]*corev1.Pod{failed(1, 2*time.Minute), failed(2, time.Minute), failed(1, 10*time.Second)},
			"Retrying (3 of 6 failed, exit 1; next attempt in about 30s)",
		},
		"due now":                {faketest.Job("bo", limited(6)), []*corev1.Pod{failed(7, time.Minute)}, "Retrying (1 of 6 failed, exit 7)"},
		"this clock is behind":   {faketest.Job("bo", limited(6)), []*corev1.Pod{failed(7, -8*time.Hour)}, "Retrying (1 of 6 failed, exit 7; next attempt in about 10s)"},
		"no attempt is left":     {faketest.Job("bo", limited(0)), []*corev1.Pod{failed(7, 0)}, ""},
		"its pods were deleted":  {faketest.Job("bo", limited(6), func(j *batchv1.Job) { j.Status.Failed = 2 }), nil, "Retrying (2 of 6 failed)"},
		"a success between them": {faketest.Job("bo", limited(6)), []*corev1.Pod{failed(1, time.Hour), succeeded(10 * time.Minute), failed(1, time.Second)}, "Retrying (2 of 6 failed, exit 1; next attempt in about 9s)"},
		"its end is decided":     {faketest.Job("bo", limited(6), faketest.Ended(batchv1.JobFailureTarget, 0)), []*corev1.Pod{failed(137, time.Second)}, ""},
		"the tasks of an array": {
			faketest.Job("bo", perTask),
			[]*corev1.Pod{failed(4, 3*time.Second, task("0", "0")), failed(4, 5*time.Second, task("1", "1")), failed(4, 50*time.Second, task("1", "0"))},
			"Retrying (3 failed, exit 4; next attempt in about 7s)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := reason.OfJob(test.job, test.pods, nil, faketest.Now()); got.String() != test.want {
				t.Errorf("%q; want %q", got, test.want)
			}
		})
	}
}

func succeeded(ago time.Duration) *corev1.Pod {
	pod := faketest.PodOf(faketest.Job("bo"), "bo-y", corev1.PodSucceeded)
	pod.CreationTimestamp = metav1.NewTime(faketest.Now().Add(-time.Hour))
	pod.Status.ContainerStatuses = nil
	status("main", exited(0, ago))(pod)
	return pod
}

// A sidecar is stopped when the other containers have ended: its exit status says nothing about the job.
func TestSidecarsDoNotCount(t *testing.T) {
	always := corev1.ContainerRestartPolicyAlways
	pod := faketest.PodOf(faketest.Job("train"), "p", corev1.PodFailed, faketest.Exited(3))
	pod.Spec.InitContainers = []corev1.Container{{Name: "setup"}, {Name: "proxy", RestartPolicy: &always}}
	pod.Status.InitContainerStatuses = []corev1.ContainerStatus{{Name: "setup", State: exited(0, 0)}, {Name: "proxy", State: exited(137, 0)}}
	var names []string
	for _, status := range reason.RunToEnd(pod) {
		names = append(names, status.Name)
	}
	if len(names) != 2 || names[0] != "setup" || names[1] != "main" {
		t.Errorf("%v; want setup and main", names)
	}
}
