//go:build unix

package results

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/clock"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/localexec"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// noProgress implements Progress.
type noProgress struct{}

func (noProgress) Start(string)                     {}
func (noProgress) Waiting(string)                   {}
func (noProgress) Report(transfer.Progress, string) {}
func (noProgress) Retry(int, time.Duration, string) {}
func (noProgress) Done(error)                       {}

// completeForTest adds what a fetch needs beyond locating.
func completeForTest(t *testing.T, c *Config) {
	t.Helper()
	c.Executor, c.CacheDir = &localexec.Executor{}, t.TempDir()
	c.Clock, c.ServerClock = clock.RealClock{}, clock.RealClock{}
	c.Progress = noProgress{}
	c.Trace = func(string) {}
	c.Server = func() (string, error) { return "https://lab.example.org", nil }
	c.OwnBuckets = func(string) []string { return nil }
}

// fetchableJob returns a finished job whose results are tree. A running pod mounts them, as no second pod can use the claim.
func fetchableJob(t *testing.T, name string, tree filetree.Tree) []runtime.Object {
	t.Helper()
	localexec.NeedLinux(t)
	dir := filetree.TempDir(t)
	filetree.Write(t, dir, tree)
	owner := faketest.Job(name, withResults, faketest.Ended(batchv1.JobComplete, time.Hour))
	pvc := resultsClaim(name+"-results", name, func(pvc *corev1.PersistentVolumeClaim) {
		pvc.Spec.AccessModes = []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOncePod}
	})
	viewer := faketest.PodOf(owner, "viewer-of-"+name, corev1.PodRunning, func(pod *corev1.Pod) {
		pod.Labels = nil
		pod.Spec.Containers[0].VolumeMounts[0].MountPath = dir
		pod.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "main", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}}
	})
	return []runtime.Object{owner, pvc, viewer}
}

// TestFetch: a Go program fetches the results of a job without a command line.
func TestFetch(t *testing.T) {
	config, _ := newTestConfig(t, fetchableJob(t, "train", filetree.Tree{"a": filetree.File("1"), "d/b": filetree.File("22")})...)
	completeForTest(t, &config)
	var finished []*Outcome
	config.Finished = func(out *Outcome) error {
		finished = append(finished, out)
		return nil
	}
	dir := filepath.Join(t.TempDir(), "out")
	out, err := Fetch(t.Context(), config, Request{Namespace: faketest.Namespace, Job: "train", Dir: dir})
	if err != nil || out.Files != 2 || out.Bytes != 3 || !out.Complete || out.Claim != "train-results" || !slices.Equal(finished, []*Outcome{out}) {
		t.Errorf("%+v, %v, finished %v", out, err, finished)
	}
	got := filetree.Read(t, dir)
	if names := slices.Sorted(maps.Keys(got)); !slices.Contains(names, "d/b") || got["d/b"].Data != "22" || got["a"].Data != "1" {
		t.Errorf("%v", got)
	}
}

// TestFetchJobs: a failure of one job is in its outcome and in the error, and the other jobs are fetched.
func TestFetchJobs(t *testing.T) {
	lost := faketest.Job("lost", withResults, faketest.Ended(batchv1.JobComplete, time.Hour))
	objects := append(fetchableJob(t, "train", filetree.Tree{"a": filetree.File("1")}), lost)
	config, said := newTestConfig(t, objects...)
	completeForTest(t, &config)
	dir := t.TempDir()
	request := Request{Namespace: faketest.Namespace, Selecting: []string{"--failed"}, Dir: dir}
	outcomes, err := FetchJobs(t.Context(), config, request, func(context.Context, provenance.Identity) ([]*batchv1.Job, error) {
		return []*batchv1.Job{lost, objects[0].(*batchv1.Job)}, nil
	})
	failed, ok := errors.AsType[*JobsError](err)
	if !ok || failed.Jobs != 2 || len(failed.Failures) != 1 || len(outcomes) != 2 {
		t.Fatalf("%v, %v", outcomes, err)
	}
	if outcomes[0].Job != "lost" || outcomes[0].Error == "" || outcomes[1].Job != "train" || outcomes[1].Files != 1 {
		t.Errorf("%+v, %+v", outcomes[0], outcomes[1])
	}
	if got := filetree.Read(t, filepath.Join(dir, "train")); got["a"].Data != "1" {
		t.Errorf("%v; said %s", got, said)
	}
}
