package cmd

import (
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
)

// onEmptyDir gives the container of a job an emptyDir volume at /scratch and one in memory.
func onEmptyDir(job *batchv1.Job) {
	spec := &job.Spec.Template.Spec
	spec.Volumes = append(spec.Volumes, corev1.Volume{Name: "scratch", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
		corev1.Volume{Name: "shm", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{Medium: corev1.StorageMediumMemory}}})
	spec.Containers[0].VolumeMounts = append(spec.Containers[0].VolumeMounts, corev1.VolumeMount{Name: "shm", MountPath: "/dev/shm"}, corev1.VolumeMount{Name: "scratch", MountPath: "/scratch"})
}

func nowRunning(pod *corev1.Pod) {
	pod.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "main", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}}
}

// Files that are deleted with their pod are named as such, with what copies them while it runs.
func TestFetchNamesFilesOfPod(t *testing.T) {
	const advice = `"; to keep the results of the next run, use run --results=SIZE`
	for name, test := range map[string]struct {
		job     *batchv1.Job
		running bool
		args    string
		want    string
	}{
		"with the agent":  {faketest.Job("train", running, onEmptyDir), true, "a --transport=exec", `; --transport=exec requires a helper pod, which cannot mount an emptyDir volume`},
		"its pod ended":   {done("train", time.Hour, onEmptyDir), false, "", `/scratch was on emptyDir volume "scratch", which exists only while its pod runs; to keep the results of the next run, use run --results=SIZE`},
		"beside a claim":  {faketest.Job("train", running, mounting("data"), onEmptyDir), true, "/scratch/a --transport=exec", `/scratch/a is on emptyDir volume "scratch", which is deleted with pod "train-x"`},
		"not on a volume": {faketest.Job("train", running), true, "/tmp/a", `it has no volume, so its files are deleted with pod "train-x"; while the pod runs, copy them with "kubectl cp -c main lab/train-x:/tmp/a train` + advice},
		"nothing is left": {done("train", time.Hour), false, "/tmp/a", "it has no volume, so its files were lost when its container ended; use run --results=SIZE to keep results"},
		"another path":    {faketest.Job("train", running, mounting("data"), onEmptyDir), true, "/elsewhere", `path "/elsewhere" is not on a volume that the job writes to (claim data at /data)`},
	} {
		pod := faketest.PodOf(test.job, "train-x", corev1.PodSucceeded, faketest.Exited(0))
		if test.running {
			pod = faketest.PodOf(test.job, "train-x", corev1.PodRunning, nowRunning)
		}
		got := execute(t, faketest.New(test.job, pod), append([]string{"fetch", "train"}, strings.Fields(test.args)...)...)
		if got.Status != 1 || !strings.Contains(got.Stderr, test.want) || !strings.HasPrefix(got.Stderr, `error: job "train": `) || len(got.Changes) > 0 {
			t.Errorf("%s: %+v; want %s", name, got, test.want)
		}
	}
}

// A claim that is being deleted is named at once, with what holds it.
func TestFetchNamesClaimBeingDeleted(t *testing.T) {
	deleted := func(c *corev1.PersistentVolumeClaim) {
		startedAt := metav1.NewTime(faketest.Now())
		c.DeletionTimestamp, c.Finalizers = &startedAt, []string{"kubernetes.io/pvc-protection"}
	}
	job := done("train", time.Hour, made("train-results"))
	for name, test := range map[string]struct {
		phase corev1.PodPhase
		want  string
	}{
		"a running pod": {corev1.PodRunning, "pod train-x uses it"},
		"an ended pod":  {corev1.PodSucceeded, "pod train-x has ended but still mounts it; delete this pod to release the claim"},
		"no pod":        {"", "blocked by finalizer kubernetes.io/pvc-protection"},
	} {
		cluster := faketest.New(job, results(corev1.ClaimBound, "1Gi", deleted))
		if test.phase != "" {
			if err := cluster.Add(faketest.PodOf(job, "train-x", test.phase)); err != nil {
				t.Fatal(err)
			}
		}
		for _, target := range []string{"pvc/train-results", "train"} {
			got := execute(t, cluster, "fetch", target, "--anyway")
			if want := "error: claim \"train-results\" is being deleted, so no new pod can mount it: " + test.want + "\n"; got.Stderr != want || got.Status != 1 || len(got.Changes) > 0 {
				t.Errorf("%s, %s: %+v; want %s", name, target, got, want)
			}
		}
	}
}
