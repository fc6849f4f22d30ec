package cmd

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/clock"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
)

// step is what happens in the cluster, a minute after the one before it, while
// a command waits.
type step func(*faketest.Cluster) error

func put(job *batchv1.Job) step {
	return func(c *faketest.Cluster) error { return c.Update(batchv1.SchemeGroupVersion.WithResource("jobs"), job) }
}

func remove(name string) step {
	return func(c *faketest.Cluster) error {
		return c.Remove(batchv1.SchemeGroupVersion.WithResource("jobs"), name)
	}
}

func add(pod *corev1.Pod) step {
	return func(c *faketest.Cluster) error { return c.Add(pod) }
}

func change(pod *corev1.Pod) step {
	return func(c *faketest.Cluster) error { return c.Update(corev1.SchemeGroupVersion.WithResource("pods"), pod) }
}

// during runs a command in a time of its own, while steps happen.
func during(t *testing.T, cluster *faketest.Cluster, steps []step, args ...string) result {
	t.Helper()
	got, _ := duringAs(t, cluster, func(*factory.Factory) {}, steps, args...)
	return got
}

// duringAs is during with another environment. It also returns how long the command took.
func duringAs(t *testing.T, cluster *faketest.Cluster, change func(*factory.Factory), steps []step, args ...string) (got result, took time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		defer cluster.Stop()
		ctx, ended := context.WithCancel(t.Context())
		defer ended()
		go func() {
			for _, happens := range steps {
				select {
				case <-time.After(time.Minute): // of the bubble: no test waits for it
				case <-ctx.Done():
					return
				}
				if err := happens(cluster); err != nil {
					t.Error(err)
				}
			}
		}()
		began := clock.RealClock{}.Now()
		got = executeAs(t, cluster, change, args...)
		took = clock.RealClock{}.Since(began)
	})
	return got, took
}

func TestWait(t *testing.T) {
	pending := faketest.Job("train")
	pod := func(phase corev1.PodPhase, changes ...func(*corev1.Pod)) *corev1.Pod {
		return faketest.PodOf(pending, "train-x", phase, changes...)
	}
	const failure = "job.batch/train failed (exit status 3): BackoffLimitExceeded: Job has reached the specified backoff limit\n"
	ends := func(name string) step { return put(failed(name, 0)) }
	type test struct {
		cluster *faketest.Cluster
		steps   []step
		args    []string
		want    result
	}
	for name, test := range map[string]test{
		"complete already": {faketest.New(done("train", time.Hour)), nil, []string{"train"}, result{Stdout: "job.batch/train complete\n"}},
		"until complete": {faketest.New(pending), []step{
			add(pod(corev1.PodPending, unschedulable)), add(faketest.PodOf(pending, "train-y", corev1.PodRunning)),
			put(faketest.Job("train", running)), put(done("train", 0)),
		}, []string{"train"}, result{
			Stdout: "job.batch/train complete\n",
			Stderr: "job train does not run yet: Unschedulable: 0/2 nodes are available: 2 Insufficient nvidia.com/gpu.\njob train is running\n",
		}},
		"its container's status": {faketest.New(pending, pod(corev1.PodFailed, faketest.Exited(3))), []step{ends("train")}, []string{"train"}, result{
			Stdout: failure, Stderr: "pod train-x: container main ended with status 3 (Error)\nTo see its log, run: kubectl batch logs train\n", Status: 3,
		}},
		"its pod came with its end": {
			faketest.New(pending),
			[]step{add(pod(corev1.PodPending)), change(pod(corev1.PodFailed, faketest.Exited(3))), ends("train")},
			[]string{"train"},
			result{
				Stdout: failure, Stderr: "pod train-x: container main ended with status 3 (Error)\nTo see its log, run: kubectl batch logs train\n", Status: 3,
			},
		},
		"as json": {faketest.New(pending, pod(corev1.PodFailed, faketest.Exited(3))), []step{ends("train")}, []string{"train", "-o", "json"}, result{
			Stdout: `{"job":"train","namespace":"lab","condition":"Failed","reason":"BackoffLimitExceeded",` +
				`"message":"Job has reached the specified backoff limit","exitCode":3}` + "\n",
			Status: 3,
		}},
		"the highest of several": {
			faketest.New(pending, faketest.Job("eval"), pod(corev1.PodFailed, faketest.Exited(3)), faketest.PodOf(faketest.Job("eval"), "eval-x", corev1.PodFailed, faketest.Exited(7))),
			[]step{ends("train"), ends("eval")},
			[]string{"train", "eval", "job/train", "-ojson"},
			result{
				Stdout: `{"job":"train","namespace":"lab","condition":"Failed","reason":"BackoffLimitExceeded","message":"Job has reached the specified backoff limit","exitCode":3}` + "\n" +
					`{"job":"eval","namespace":"lab","condition":"Failed","reason":"BackoffLimitExceeded","message":"Job has reached the specified backoff limit","exitCode":7}` + "\n",
				Status: 7,
			},
		},
		"failed without a pod": {faketest.New(failed("train", 0)), nil, []string{"train", "-ojson"}, result{
			Stdout: `{"job":"train","namespace":"lab","condition":"Failed","reason":"BackoffLimitExceeded","message":"Job has reached the specified backoff limit","exitCode":1}` + "\n",
			Status: 1,
		}},
		"timeout": {faketest.New(pending, pod(corev1.PodPending, unschedulable)), nil, []string{"train", "--timeout=2h"}, result{
			Stderr: "job train does not run yet: Unschedulable: 0/2 nodes are available: 2 Insufficient nvidia.com/gpu.\n" +
				"error: timed out (--timeout): job \"train\" is not finished\n",
			Status: 124,
		}},
		"timeout in silence": {faketest.New(pending), nil, []string{"train", "--timeout=1m"}, result{
			Stderr: "error: timed out (--timeout): job \"train\" is not finished\n", Status: 124,
		}},
		"deleted meanwhile": {faketest.New(pending), []step{remove("train")}, []string{"train"}, result{
			Stderr: "error: job \"train\" was deleted before it finished\n", Status: 125,
		}},
		"no such job": {faketest.New(), nil, []string{"train"}, result{
			Stderr: "error: no job \"train\" in namespace \"lab\"; run \"kubectl batch list\" to see jobs\n", Status: 125,
		}},
		"no right to watch": {
			faketest.New(pending).Refuse("list", "jobs", apierrors.NewForbidden(batchv1.Resource("jobs"), "", errors.New("no"))), nil,
			[]string{"train"},
			result{Stderr: "error: watching job \"train\": jobs.batch is forbidden: no\n", Status: 125},
		},
		"no right to read events": {
			faketest.New(pending).Refuse("list", "events", apierrors.NewForbidden(corev1.Resource("events"), "", errors.New("no"))),
			[]step{put(done("train", 0))},
			[]string{"train"},
			result{Stdout: "job.batch/train complete\n"},
		},
		"no time at all": {faketest.New(pending), nil, []string{"train", "--timeout=0s"}, result{
			Stderr: "error: invalid value \"0s\" for --timeout: must be longer than 0, such as 30s or 5m" + waitUsage, Status: 2,
		}},
		"no jobs":       {faketest.New(), nil, nil, result{Stderr: "error: missing argument JOB; run \"kubectl batch list\" to see jobs, or select jobs with -l, --mine or --state" + waitUsage, Status: 2}},
		"not that form": {faketest.New(), nil, []string{"train", "-o", "yaml"}, result{Stderr: "error: invalid value \"yaml\" for -o: must be json" + waitUsage, Status: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			equal(t, during(t, test.cluster, test.steps, append([]string{"wait"}, test.args...)...), test.want)
		})
	}
}

const waitUsage = "\n\nUsage:\n  kubectl batch wait (JOB... | -l SELECTOR | --mine | --state STATE)\n\nRun \"kubectl batch wait --help\" for flags and examples.\n"

// run --wait ends as wait does.
func TestRunWaits(t *testing.T) {
	created := faketest.Job("train")
	steps := []step{add(faketest.PodOf(created, "train-x", corev1.PodFailed, faketest.Exited(9))), put(failed("train", 0))}
	got := during(t, faketest.New(), steps, "run", "train", "--image=i", "--wait", "-oname")
	equal(t, got.Status, 9)
	equal(t, got.Stdout, "job.batch/train\n")
	const end = "\njob.batch/train failed (exit status 9): BackoffLimitExceeded: Job has reached the specified backoff limit\n"
	equal(t, strings.Contains(got.Stderr, end), true)
}

// A job that is deleted before its end leaves its results, and run prints how to fetch them.
func TestRunNamesResultsOfDeletedJob(t *testing.T) {
	got := during(t, faketest.New(), []step{remove("train")}, "run", "train", "--image=i", "--results=1Gi", "--fetch", "-oname")
	const want = "The results are kept on claim train-results. To fetch them, run: kubectl batch fetch pvc/train-results\nerror: job \"train\" was deleted before it finished\n"
	if got.Status != 125 || !strings.HasSuffix(got.Stderr, want) {
		t.Errorf("status %d, %s; want 125, %s", got.Status, got.Stderr, want)
	}
}

func TestLogs(t *testing.T) {
	job := done("train", time.Hour)
	pod := faketest.PodOf(job, "train-1", corev1.PodFailed, faketest.Exited(3))
	two := faketest.PodOf(job, "train-2", corev1.PodSucceeded, faketest.Exited(0))
	waits := faketest.PodOf(faketest.Job("train"), "train-1", corev1.PodPending, faketest.Waiting("ErrImagePull", "not found"))
	type test struct {
		cluster *faketest.Cluster
		args    []string
		want    result
	}
	for name, test := range map[string]test{
		"of the only pod":  {faketest.New(job, two), []string{"train"}, result{Stdout: "fake logs"}},
		"of several":       {faketest.New(job, pod, two), []string{"train"}, result{Stdout: "[train-1] fake logs\n[train-2] fake logs\n"}},
		"followed to end":  {faketest.New(job, two), []string{"train", "-f"}, result{Stdout: "fake logs", Stderr: "job.batch/train complete\n"}},
		"no pods yet":      {faketest.New(faketest.Job("train")), []string{"train"}, result{Stderr: "error: job \"train\" has no pods yet; use -f to wait for them\n", Status: 1}},
		"pods are gone":    {faketest.New(job), []string{"train"}, result{Stderr: "error: job \"train\" is finished, and its pods and their logs were deleted\n", Status: 1}},
		"pods are gone, f": {faketest.New(job), []string{"train", "-f"}, result{Stderr: "job.batch/train complete\nerror: job \"train\" is finished, and its pods and their logs were deleted\n", Status: 1}},
		"nothing runs": {faketest.New(faketest.Job("train"), waits), []string{"train"}, result{
			Stderr: "error: job \"train\" has no logs yet; use -f to wait for them (pod train-1: ErrImagePull: not found)\n", Status: 1,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			equal(t, during(t, test.cluster, nil, append([]string{"logs"}, test.args...)...), test.want)
		})
	}
}
