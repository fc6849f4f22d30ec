package job

import (
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Warnings of a namespace are kept for days: only those about the jobs, their pods and their claims may be kept.
func TestWatchKeepsWarningsOfItsJobsOnly(t *testing.T) {
	long := strings.Repeat("long-", 12)
	newJob := func(name string) *batchv1.Job {
		job := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID("uid-" + name)}}
		job.Spec.Template.Spec.Volumes = []corev1.Volume{
			{Name: "v", VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: name + "-results"}}},
			{Name: "e", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
		}
		return job
	}
	sets := newSets(nil, []*batchv1.Job{newJob("train"), newJob(long + "x")}, nil)
	if !sets.warnings.Forgets {
		t.Error("deleted events are kept")
	}
	for about, want := range map[corev1.ObjectReference]bool{
		{Kind: "Job", Name: "train", UID: "uid-train"}:                   true,
		{Kind: "Job", Name: "train", UID: "uid-of-an-earlier-one"}:       false,
		{Kind: "Job", Name: "other", UID: "uid-other"}:                   false,
		{Kind: "Pod", Name: "train-x7k2p"}:                               true,
		{Kind: "Pod", Name: "train-3-x7k2p"}:                             true,
		{Kind: "Pod", Name: "trainer-x7k2p"}:                             false,
		{Kind: "Pod", Name: "my-train-x7k2p"}:                            false,
		{Kind: "Pod", Name: "train"}:                                     false,
		{Kind: "Pod", Name: long[:stemLength] + "-x7k2p"}:                true,
		{Kind: "PersistentVolumeClaim", Name: "train-results"}:           true,
		{Kind: "PersistentVolumeClaim", Name: "other-results"}:           false,
		{Kind: "PersistentVolumeClaim", Name: ""}:                        false,
		{Kind: "Node", Name: "train-x7k2p", UID: types.UID("uid-train")}: false,
	} {
		if got := sets.warnings.Wanted(&corev1.Event{InvolvedObject: about}); got != want {
			t.Errorf("%s %s %s: kept is %v", about.Kind, about.Name, about.UID, got)
		}
	}
}
