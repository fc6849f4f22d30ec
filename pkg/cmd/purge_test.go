package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

func done(name string, ago time.Duration, changes ...func(*batchv1.Job)) *batchv1.Job {
	return faketest.Job(name, append(changes, faketest.Ended(batchv1.JobComplete, ago))...)
}

func failed(name string, ago time.Duration) *batchv1.Job {
	return faketest.Job(name, faketest.Ended(batchv1.JobFailed, ago, "BackoffLimitExceeded", "Job has reached the specified backoff limit"))
}

func ofCronJob(job *batchv1.Job) {
	yes := true
	job.OwnerReferences = []metav1.OwnerReference{{APIVersion: "batch/v1", Kind: "CronJob", Name: "nightly", UID: "n", Controller: &yes}}
}

// helperPod is a helper that grace started that long ago, for a job.
func helperPod(job string, phase corev1.PodPhase, ago time.Duration) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: "fetch-" + job, Namespace: faketest.Namespace, UID: faketest.UID("fetch-" + job),
			CreationTimestamp: metav1.NewTime(faketest.Now().Add(-ago)),
			Labels:            map[string]string{provenance.ManagedByLabel: provenance.ManagedBy, provenance.ComponentLabel: provenance.HelperComponent, provenance.JobLabel: job},
			Annotations:       map[string]string{provenance.Annotation: "grace"},
		},
		Spec:   helper.Spec{Namespace: faketest.Namespace, Claim: job + "-results", Job: job}.Pod("x").Spec,
		Status: corev1.PodStatus{Phase: phase},
	}
}

// deletes returns the request that deletes a job with its pods, and no other object.
func deletes(name string) string {
	return "delete jobs " + name + " propagationPolicy=Background uid=uid-" + name
}

func TestPurge(t *testing.T) {
	const day = 24 * time.Hour
	type test struct {
		cluster *faketest.Cluster
		args    []string
		want    result
	}
	for name, test := range map[string]test{
		"nothing to do": {faketest.New(faketest.Job("train"), failed("eval", day)), []string{"-y"}, result{
			Stderr: "Nothing to purge in namespace \"lab\"\n",
		}},
		"what completed": {faketest.New(done("a", day), done("b", time.Minute), failed("c", day), faketest.Job("d")), []string{"--yes"}, result{
			Stdout: "job.batch/a deleted\njob.batch/b deleted\n", Changes: []string{deletes("a"), deletes("b")},
		}},
		"only what is old": {faketest.New(done("a", 3*day), done("b", 3*day-time.Second)), []string{"-y", "--older-than=3d"}, result{
			Stdout: "job.batch/a deleted\n", Changes: []string{deletes("a")},
		}},
		"a failed one by its name": {faketest.New(failed("c", day), done("a", day)), []string{"job/c", "-y"}, result{
			Stdout: "job.batch/c deleted\n", Changes: []string{deletes("c")},
		}},
		"an unfinished one stops none of the others": {faketest.New(done("a", day), faketest.Job("d")), []string{"d", "a", "a", "-y"}, result{
			Stdout: "job.batch/a deleted\n", Stderr: "error: cannot delete job \"d\": it is not finished (Pending)\n",
			Status: 1, Changes: []string{deletes("a")},
		}},
		"one that is not there": {faketest.New(), []string{"a", "-y"}, result{
			Stderr: "error: no job \"a\" in namespace \"lab\"; run \"kubectl batch list\" to see jobs\n", Status: 1,
		}},
		"a controller keeps its own": {faketest.New(done("a", day, ofCronJob), done("b", day)), []string{"-y"}, result{
			Stdout: "job.batch/b deleted\n", Stderr: "Skipped 1 job managed by CronJob nightly; to delete it, name it or use --owned\n",
			Changes: []string{deletes("b")},
		}},
		"of a controller, by its name": {faketest.New(done("a", day, ofCronJob)), []string{"a", "-y"}, result{
			Stdout: "job.batch/a deleted\n", Changes: []string{deletes("a")},
		}},
		"a live helper keeps its job": {faketest.New(done("a", day), done("b", day), helperPod("a", corev1.PodRunning, time.Hour)), []string{"-y"}, result{
			Stdout: "job.batch/b deleted\n", Stderr: "Skipped job \"a\": grace is fetching its results\n", Changes: []string{deletes("b")},
		}},
		"a live helper, by its name": {faketest.New(done("a", day), helperPod("a", corev1.PodPending, time.Minute)), []string{"a", "-y"}, result{
			Stderr: "error: cannot delete job \"a\": grace is fetching its results\n", Status: 1,
		}},
		"dead helpers are swept": {
			faketest.New(done("a", day), helperPod("a", corev1.PodRunning, 7*time.Hour), helperPod("b", corev1.PodSucceeded, time.Minute)),
			[]string{"-y"},
			result{
				Stdout: "job.batch/a deleted\n", Stderr: "Deleted helper pods of interrupted fetches: fetch-a, fetch-b\n",
				Changes: []string{deletes("a"), "delete pods fetch-a uid=uid-fetch-a", "delete pods fetch-b uid=uid-fetch-b"},
			},
		},
		"the server's dry run": {faketest.New(done("a", day), helperPod("b", corev1.PodSucceeded, time.Minute)), []string{"--dry-run=server"}, result{
			Stdout: "job.batch/a deleted (server dry run)\n", Changes: []string{deletes("a") + " dryRun=All"},
		}},
		"admission answers with a conflict": {
			faketest.New(done("a", day)).Refuse("delete", "jobs", apierrors.NewConflict(batchv1.Resource("jobs"), "a", errors.New("the webhook objects"))),
			[]string{"-y"},
			result{
				Stderr: "error: deleting job \"a\": Operation cannot be fulfilled on jobs.batch \"a\": the webhook objects\n",
				Status: 1, Changes: []string{deletes("a")},
			},
		},
		"deleted meanwhile": {
			faketest.New(done("a", day)).Refuse("delete", "jobs", apierrors.NewNotFound(batchv1.Resource("jobs"), "a")),
			[]string{"-y"},
			result{Stdout: "job.batch/a deleted\n", Changes: []string{deletes("a")}},
		},
		"a duration that is none": {faketest.New(done("a", day)), []string{"--older-than=3"}, result{
			Stderr: "error: invalid value \"3\" for --older-than: could mean seconds or minutes; use 3s or 3m\n\nUsage:\n  kubectl batch purge [(JOB | pvc/NAME)...]\n\n" +
				"Run \"kubectl batch purge --help\" for flags and examples.\n",
			Status: 2,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got := execute(t, test.cluster, append([]string{"purge"}, test.args...)...)
			// The deletions run side by side.
			lines := strings.SplitAfter(got.Stdout, "\n")
			slices.Sort(lines)
			got.Stdout = strings.Join(lines, "")
			slices.Sort(got.Changes)
			equal(t, got, test.want)
		})
	}
}

// looked is an executor for helper pods: its value is the response to the query for clients.
type looked string

// Exec implements transport.Executor.
func (l looked) Exec(_ context.Context, _ transport.Container, argv []string, stdio transport.Stdio) error {
	_, err := fmt.Fprintln(stdio.Out, "kubectl-batch", argv[4], string(l))
	return err
}

// purge keeps a job if a helper pod that mounts its claim has a client, or may have one.
func TestPurgeOverHelper(t *testing.T) {
	for name, test := range map[string]struct {
		found   looked
		phase   corev1.PodPhase
		deleted bool
	}{
		"idle":                    {"idle serving", corev1.PodRunning, true},
		"in use":                  {"used", corev1.PodRunning, false},
		"unknown":                 {"", corev1.PodRunning, false},
		"about to get its client": {"idle empty", corev1.PodRunning, false},
		"not running yet":         {"idle serving", corev1.PodPending, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cluster := faketest.New(done("a", time.Hour), helperPod("a", test.phase, time.Minute)).Executing(test.found)
			got := execute(t, cluster, "purge", "-y")
			skipped := strings.Contains(got.Stderr, `job "a": grace is fetching its results`)
			if deleted := slices.Contains(got.Changes, deletes("a")); deleted != test.deleted || skipped == test.deleted {
				t.Errorf("%+v", got)
			}
		})
	}
}

// Without a terminal, the question cannot be answered.
func TestPurgeAsks(t *testing.T) {
	jobs := func() *faketest.Cluster {
		return faketest.New(
			done("eval", 26*time.Hour),
			done("train", 3*time.Hour, faketest.Annotated(provenance.ResultsAnnotation, "train-results"), faketest.OwnedBy("dev")),
			done("tune", time.Minute, faketest.Annotated(provenance.ResultsAnnotation, "tune-results"), faketest.Marked(provenance.FetchedAnnotation, "2026-03-04T11:00:00Z"), faketest.Marked(provenance.FetchedByAnnotation, faketest.User)),
		)
	}
	const preview = `JOB     STATE      FINISHED   RESULTS         FETCHED   OWNER    ALSO DELETED
eval    Complete   26h ago    <none>          <none>    <none>   <none>
train   Complete   3h ago     train-results   no        dev      <none>
tune    Complete   60s ago    tune-results    yes       <none>   <none>
`
	equal(t, execute(t, jobs(), "purge"), result{
		Stderr: preview + "error: nothing was deleted: no terminal to ask for confirmation; use -y to skip the prompt\n", Status: 1,
	})
	equal(t, execute(t, jobs(), "purge", "--dry-run"), result{
		Stdout: preview + "3 jobs would be deleted (dry run)\n",
	})
}

// If the pods may not be listed, running fetches are unknown: nothing is deleted.
func TestPurgeWithoutKnowingWhoFetches(t *testing.T) {
	cluster := faketest.New(done("a", time.Hour)).Refuse("list", "pods", apierrors.NewForbidden(corev1.Resource("pods"), "", errors.New("no")))
	got := execute(t, cluster, "purge", "-y")
	if got.Status != 1 || got.Changes != nil || !strings.Contains(got.Stderr, "listing the pods of the jobs") {
		t.Errorf("%+v", got)
	}
}

// TestPurgeMistyped: what is said is about this verb, not about run.
func TestPurgeMistyped(t *testing.T) {
	for arg, want := range map[string]string{
		"--volume":     "unknown flag --volume",
		"--keep=two":   `invalid value "two" for --keep: must be a whole number`,
		"--wait=maybe": `invalid value "maybe" for --wait: must be true or false`,
	} {
		got := execute(t, faketest.New(done("a", time.Hour)), "purge", "-y", arg)
		if firstLine, _, _ := strings.Cut(got.Stderr, "\n"); firstLine != "error: "+want || got.Status != 2 || got.Changes != nil {
			t.Errorf("%s: %+v", arg, got)
		}
	}
}
