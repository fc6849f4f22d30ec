package job_test

import (
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
)

func TestParseRef(t *testing.T) {
	for text, want := range map[string]job.Ref{
		"train": "train", "job/train": "train", "jobs/train": "train", "job.batch/train": "train", "jobs.batch/train": "train",
		"Job/train": "train", "jobs.v1.batch/a.b-1": "a.b-1", "@latest": job.Latest, "job/@latest": job.Latest,
	} {
		if got, err := job.ParseRef(text); err != nil || got != want {
			t.Errorf("ParseRef(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"":                   `invalid argument "": a job name must`,
		"job/":               `invalid argument "job/": a job name must`,
		"Train":              `invalid argument "Train": a job name must`,
		"job/a/b":            `invalid argument "job/a/b": a job name must`,
		"@newest":            `use NAME, job/NAME or @latest`,
		"job/train:/results": `a path must be a separate argument`,
		"lab/train":          `"lab" is not a kind of job; to select a namespace, use -n lab; use NAME, job/NAME or @latest`,
		"pod/train":          `invalid argument "pod/train": it names a pod, not a job; use NAME, job/NAME or @latest`,
		"pvc/runs":           `it names a claim, not a job`,
		"/runs":              `it is a path, not a job`,
		"./runs":             `it is a path, not a job`,
		"A/b":                `"A" is not a kind of job; use NAME`,
	} {
		if got, err := job.ParseRef(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseRef(%q) = %q, %v; want an error with %q", text, got, err, want)
		}
	}
	if got, err := job.ParseRefs([]string{"a", "B"}); err == nil {
		t.Errorf("ParseRefs = %v", got)
	}
}

func condition(kind batchv1.JobConditionType, status corev1.ConditionStatus) func(*batchv1.Job) {
	return func(j *batchv1.Job) {
		j.Status.Conditions = append(j.Status.Conditions, batchv1.JobCondition{Type: kind, Status: status})
	}
}

func TestStateOf(t *testing.T) {
	yes := true
	suspend := func(j *batchv1.Job) { j.Spec.Suspend = &yes }
	ready := func(n int32) func(*batchv1.Job) { return func(j *batchv1.Job) { j.Status.Ready = &n } }
	active := func(j *batchv1.Job) { j.Status.Active = 1 }
	for name, test := range map[string]struct {
		changes []func(*batchv1.Job)
		want    job.State
	}{
		"new":                   {nil, job.Pending},
		"a pod that starts":     {[]func(*batchv1.Job){active, ready(0)}, job.Pending},
		"a pod that is ready":   {[]func(*batchv1.Job){active, ready(1)}, job.Running},
		"suspended":             {[]func(*batchv1.Job){suspend, ready(1)}, job.Suspended},
		"complete":              {[]func(*batchv1.Job){suspend, condition(batchv1.JobComplete, corev1.ConditionTrue)}, job.Complete},
		"failed":                {[]func(*batchv1.Job){condition(batchv1.JobFailed, corev1.ConditionTrue)}, job.Failed},
		"about to fail":         {[]func(*batchv1.Job){ready(1), condition(batchv1.JobFailureTarget, corev1.ConditionTrue)}, job.Stopping},
		"about to be complete":  {[]func(*batchv1.Job){ready(1), condition(batchv1.JobSuccessCriteriaMet, corev1.ConditionTrue)}, job.Stopping},
		"failed no more":        {[]func(*batchv1.Job){condition(batchv1.JobFailed, corev1.ConditionFalse)}, job.Pending},
		"failed, after targets": {[]func(*batchv1.Job){condition(batchv1.JobFailureTarget, corev1.ConditionTrue), condition(batchv1.JobFailed, corev1.ConditionTrue)}, job.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			if got := job.StateOf(faketest.Job("train", test.changes...)); got != test.want {
				t.Errorf("%s; want %s", got, test.want)
			}
		})
	}
}

func TestDuration(t *testing.T) {
	currentTime := faketest.Now()
	started := faketest.Job("a", func(j *batchv1.Job) {
		start := metav1.NewTime(currentTime.Add(-time.Minute))
		j.Status.StartTime = &start
	})
	for name, test := range map[string]struct {
		job  *batchv1.Job
		want time.Duration
	}{
		"not started": {faketest.Job("a"), 0},
		"runs":        {started, time.Minute},
		"ended":       {faketest.Job("a", faketest.Ended(batchv1.JobFailed, time.Hour)), 10 * time.Minute},
	} {
		if got := job.Duration(test.job, currentTime); got != test.want {
			t.Errorf("%s: %v; want %v", name, got, test.want)
		}
	}
	if when, ok := job.Finished(started); ok {
		t.Errorf("not ended, but finished %v", when)
	}
	if when, ok := job.Finished(faketest.Job("a", faketest.Ended(batchv1.JobComplete, time.Hour))); !ok || !when.Equal(currentTime.Add(-time.Hour)) {
		t.Errorf("finished %v, %v", when, ok)
	}
}

func TestExitStatus(t *testing.T) {
	complete, failed := faketest.Job("a", faketest.Ended(batchv1.JobComplete, 0)), faketest.Job("a", faketest.Ended(batchv1.JobFailed, 0))
	pods := func(statuses ...int32) (pods []*corev1.Pod) {
		for _, status := range statuses {
			pods = append(pods, faketest.PodOf(failed, "p", corev1.PodFailed, faketest.Exited(status)))
		}
		return pods
	}
	task := func(index string, phase corev1.PodPhase, status int32) *corev1.Pod {
		return faketest.PodOf(failed, "p", phase, faketest.Exited(status), func(pod *corev1.Pod) {
			pod.Annotations = map[string]string{batchv1.JobCompletionIndexAnnotation: index}
		})
	}
	for name, test := range map[string]struct {
		job  *batchv1.Job
		pods []*corev1.Pod
		want int
	}{
		"a task that came good at last":  {failed, []*corev1.Pod{task("0", corev1.PodFailed, 75), task("0", corev1.PodSucceeded, 0), task("1", corev1.PodFailed, 9)}, 9},
		"complete":                       {complete, nil, 0},
		"complete after a failure":       {complete, pods(3, 0), 0},
		"failed":                         {failed, pods(3), 3},
		"the highest":                    {failed, pods(3, 7, 0, 1), 7},
		"killed":                         {failed, pods(137), 137},
		"one":                            {failed, pods(1, 0), 1},
		"failed although all ended well": {failed, pods(0, 0), 1},
		"failed without a pod":           {failed, nil, 1},
		"failed before a container ran":  {failed, []*corev1.Pod{faketest.PodOf(failed, "p", corev1.PodFailed)}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			if got := job.ExitStatus(test.job, test.pods); got != test.want {
				t.Errorf("%d; want %d", got, test.want)
			}
		})
	}
}
