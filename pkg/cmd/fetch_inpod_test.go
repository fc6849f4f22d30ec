//go:build unix

package cmd

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/localexec"
)

// The files on an emptyDir volume are read inside the pod for as long as it runs.
func TestFetchReadsEmptyDirOfRunningPod(t *testing.T) {
	localexec.NeedLinux(t)
	dir := filetree.TempDir(t)
	filetree.Write(t, dir, filetree.Tree{"a": filetree.File("1"), "d/b": filetree.File("2")})
	job := faketest.Job("train", running, onEmptyDir)
	job.Spec.Template.Spec.Containers[0].VolumeMounts[1].MountPath = dir
	pod := faketest.PodOf(job, "train-x", corev1.PodRunning, nowRunning)
	for args, want := range map[string]string{"": "out/a out/d/b", "d": "out/d/b", dir + "/a": "out/a"} {
		t.Chdir(t.TempDir())
		cluster := faketest.New(job, pod).Executing(&localexec.Executor{})
		got := execute(t, cluster, append([]string{"fetch", "train", "-d", "out"}, strings.Fields(args)...)...)
		if files := strings.Join(keys(localFiles(t)), " "); files != want || got.Status != 0 || len(got.Changes) > 0 {
			t.Errorf("%q: %q; want %q; %+v", args, files, want, got)
		}
		if !strings.Contains(got.Stderr, `Note: reading emptyDir volume "scratch" of pod "train-x" inside the pod, because the volume is deleted with the pod`) {
			t.Errorf("%q: %s", args, got.Stderr)
		}
	}
	got := execute(t, faketest.New(job, pod).Executing(&localexec.Executor{}), "fetch", "train", "nosuch")
	if !strings.Contains(got.Stderr, `error: emptyDir volume "scratch" of pod "train-x": no such file`) || got.Status != 1 {
		t.Errorf("%+v", got)
	}
}

// The status of a job counts a pod as ready a while after its container has started.
func TestFetchReportsRunningBeforeJobStatus(t *testing.T) {
	localexec.NeedLinux(t)
	dir := filetree.TempDir(t)
	filetree.Write(t, dir, filetree.Tree{"a": filetree.File("1")})
	job := faketest.Job("train", onEmptyDir)
	job.Spec.Template.Spec.Containers[0].VolumeMounts[1].MountPath = dir
	pod := faketest.PodOf(job, "train-x", corev1.PodRunning, nowRunning)
	t.Chdir(t.TempDir())
	got := execute(t, faketest.New(job, pod).Executing(&localexec.Executor{}), "fetch", "train")
	if want := "Job train is not finished (Running): "; !strings.Contains(got.Stderr, want) || got.Status != 0 {
		t.Errorf("want %q; got %+v", want, got)
	}
}

// Of several pods that run each has files of its own.
func TestFetchOfSeveralPodsWithEmptyDir(t *testing.T) {
	job := faketest.Job("train", running, onEmptyDir)
	pods := []*corev1.Pod{faketest.PodOf(job, "train-x", corev1.PodRunning, nowRunning), faketest.PodOf(job, "train-y", corev1.PodRunning, nowRunning)}
	got := execute(t, faketest.New(job, pods[0], pods[1]), "fetch", "train")
	if want := `/scratch is on emptyDir volume "scratch" of each running pod (2), which is deleted with the pod; while the pod runs, copy them with "kubectl cp -c main lab/train-x:/scratch train"`; !strings.Contains(got.Stderr, want) || got.Status != 1 {
		t.Errorf("%+v", got)
	}
}
