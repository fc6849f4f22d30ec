package volume_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
	"github.com/kubectl-batch/kubectl-batch/pkg/volume"
)

const (
	patchJob   = "patch jobs train application/merge-patch+json "
	patchClaim = "patch persistentvolumeclaims train-results application/merge-patch+json "
	marked     = `{"metadata":{"annotations":{"kubectl-batch.github.io/empty":null,"kubectl-batch.github.io/fetched":"2026-03-04T12:00:00Z",` +
		`"kubectl-batch.github.io/fetched-by":"dev","kubectl-batch.github.io/fetched-digest":"d1"},"uid":"uid-`
)

// Each mark is a patch that only the object that was read takes.
func TestMarkFetched(t *testing.T) {
	job, claim := faketest.Job("train"), faketest.Claim("train-results", "1Gi", corev1.ClaimBound)
	for name, test := range map[string]struct {
		on   volume.Marked
		want []string
	}{
		"both":  {volume.Marked{Job: job, Claim: claim}, []string{patchClaim + marked + `train-results"}}`, patchJob + marked + `train"}}`}},
		"job":   {volume.Marked{Job: job}, []string{patchJob + marked + `train"}}`}},
		"claim": {volume.Marked{Claim: claim}, []string{patchClaim + marked + `train-results"}}`}},
		"none":  {volume.Marked{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			cluster := faketest.New(job.DeepCopy(), claim.DeepCopy())
			client, _ := cluster.Clientset()
			err := volume.MarkFetched(t.Context(), client, test.on, volume.Mark{When: faketest.Now(), By: "dev", Digest: "d1"})
			if diff := cmp.Diff(test.want, cluster.Changes()); diff != "" || err != nil {
				t.Errorf("%v; want -, got +:\n%s", err, diff)
			}
		})
	}
}

func TestMarkEmptyAndRecord(t *testing.T) {
	claim := faketest.Claim("train-results", "1Gi", corev1.ClaimBound)
	cluster := faketest.New(claim.DeepCopy())
	client, _ := cluster.Clientset()
	if err := volume.MarkEmpty(t.Context(), client, claim, faketest.Now()); err != nil {
		t.Error(err)
	}
	if err := volume.Record(t.Context(), client, claim, `{"uid":7}`); err != nil {
		t.Error(err)
	}
	want := []string{
		patchClaim + `{"metadata":{"annotations":{"kubectl-batch.github.io/empty":"2026-03-04T12:00:00Z"},"uid":"uid-train-results"}}`,
		patchClaim + `{"metadata":{"annotations":{"kubectl-batch.github.io/user":"{\"uid\":7}"},"uid":"uid-train-results"}}`,
	}
	if diff := cmp.Diff(want, cluster.Changes()); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

// Take and GiveBack leave a claim as it was.
func TestGiveBackUndoesTake(t *testing.T) {
	claim := faketest.Claim("train-results", "1Gi", corev1.ClaimBound, func(c *corev1.PersistentVolumeClaim) {
		c.Annotations = map[string]string{owner.FetchedAnnotation: "a", owner.FetchedByAnnotation: "b", owner.FetchedDigestAnnotation: "c", "other": "d"}
	})
	cluster := faketest.New(claim.DeepCopy())
	client, _ := cluster.Clientset()
	annotations := func() map[string]string {
		got, err := client.CoreV1().PersistentVolumeClaims(claim.Namespace).Get(t.Context(), claim.Name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return got.Annotations
	}
	taken, err := volume.Take(t.Context(), client, claim, "job 1")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"other": "d", owner.UseAnnotation: "job 1"}, annotations()); diff != "" {
		t.Errorf("taken: want -, got +:\n%s", diff)
	}
	if err := volume.GiveBack(t.Context(), client, taken, claim); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(claim.Annotations, annotations()); diff != "" {
		t.Errorf("given back: want -, got +:\n%s", diff)
	}
}

// A claim that was given to another job meanwhile is not marked, nor given back.
func TestNewUseIsLeftAlone(t *testing.T) {
	claim := faketest.Claim("train-results", "1Gi", corev1.ClaimBound)
	cluster := faketest.New(claim.DeepCopy())
	client, _ := cluster.Clientset()
	taken, err := volume.Take(t.Context(), client, claim, "job 1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := volume.Take(t.Context(), client, taken, "job 2"); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"mark":      volume.MarkFetched(t.Context(), client, volume.Marked{Claim: taken}, volume.Mark{By: "me"}),
		"empty":     volume.MarkEmpty(t.Context(), client, taken, time.Unix(0, 0)),
		"give back": volume.GiveBack(t.Context(), client, taken, claim),
	} {
		if err == nil || !strings.Contains(err.Error(), "a new job was given the claim meanwhile") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A pod that has ended holds no volume; one that is on no node is about to.
func TestUsers(t *testing.T) {
	job := faketest.Job("train", func(j *batchv1.Job) {
		j.Spec.Template.Spec.Volumes = []corev1.Volume{claimVolume("v", "data", false)}
	})
	onNode := func(pod *corev1.Pod) { pod.Spec.NodeName = "n1" }
	other := faketest.PodOf(faketest.Job("other"), "other", corev1.PodRunning, onNode)
	cluster := faketest.New(faketest.PodOf(job, "a", corev1.PodRunning, onNode), faketest.PodOf(job, "b", corev1.PodPending), other)
	client, _ := cluster.Clientset()
	users, err := volume.Users(t.Context(), client, faketest.Namespace, "data")
	if err != nil || len(users) != 2 || users[0].Name != "a" || users[1].Name != "b" {
		t.Errorf("%v, %v; want pods a and b", users, err)
	}
	want := []string{"list pods fields=status.phase!=Succeeded,status.phase!=Failed"}
	if diff := cmp.Diff(want, cluster.Calls()); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}
