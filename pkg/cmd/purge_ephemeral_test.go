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

// The claim of an ephemeral volume is deleted with its pod, and the pod with its job.
func TestPurgeKeepsEphemeralResults(t *testing.T) {
	writes := func(spec *corev1.PodSpec) {
		spec.Volumes = append(spec.Volumes, corev1.Volume{Name: "out", VolumeSource: corev1.VolumeSource{Ephemeral: &corev1.EphemeralVolumeSource{}}})
		spec.Containers[0].VolumeMounts = append(spec.Containers[0].VolumeMounts, corev1.VolumeMount{Name: "out", MountPath: "/out"})
	}
	const keptMessage = `job "a" was kept: its results on claim a-1-out were not fetched, and this claim is deleted with the pods; run `
	for name, test := range map[string]struct {
		args    []string
		pod     bool
		status  int
		deleted bool
	}{
		"by its name":       {[]string{"a"}, true, 1, false},
		"by its state":      {[]string{"--completed"}, true, 0, false},
		"with its volumes":  {[]string{"--completed", "--volumes"}, true, 0, false},
		"to be lost":        {[]string{"a", "--volumes", "--discard-unfetched"}, true, 0, true},
		"its pods are gone": {[]string{"a"}, false, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			object := done("a", time.Hour, func(job *batchv1.Job) { writes(&job.Spec.Template.Spec) })
			cluster := faketest.New(object)
			if test.pod {
				pod := faketest.PodOf(object, "a-1", corev1.PodSucceeded)
				pod.OwnerReferences = []metav1.OwnerReference{{APIVersion: "batch/v1", Kind: "Job", Name: object.Name, UID: object.UID}}
				if err := cluster.Add(pod); err != nil {
					t.Fatal(err)
				}
			}
			got := execute(t, cluster, append([]string{"purge", "-y"}, test.args...)...)
			deleted := strings.Contains(strings.Join(got.Changes, "\n"), "delete jobs a ")
			if got.Status != test.status || deleted != test.deleted || strings.Contains(got.Stderr, keptMessage) == test.deleted {
				t.Errorf("%+v", got)
			}
		})
	}
}
