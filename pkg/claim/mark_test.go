package claim_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

const (
	patchJob   = "patch jobs train application/merge-patch+json "
	patchClaim = "patch persistentvolumeclaims train-results application/merge-patch+json "
)

// marked is the patch that records a fetch on the object with that UID.
func marked(uid string) string {
	return `{"metadata":{"annotations":{"kubectl-batch.github.io/empty":null,"kubectl-batch.github.io/fetched":"` + uid + ` 2026-03-04T12:00:00Z",` +
		`"kubectl-batch.github.io/fetched-by":"` + uid + ` dev","kubectl-batch.github.io/fetched-digest":"` + uid + ` d1",` +
		`"kubectl-batch.github.io/fetched-files":"` + uid + ` 3","kubectl-batch.github.io/fetched-of":"` + uid + ` uid-train"},"uid":"` + uid + `"}}`
}

// Each mark is a patch that succeeds only for the object that was read.
func TestMarkFetched(t *testing.T) {
	job, pvc := faketest.Job("train"), faketest.Claim("train-results", "1Gi", corev1.ClaimBound)
	for name, test := range map[string]struct {
		on   claim.Marked
		want []string
	}{
		"both":  {claim.Marked{Job: job, Claim: pvc}, []string{patchClaim + marked("uid-train-results"), patchJob + marked("uid-train")}},
		"job":   {claim.Marked{Job: job}, []string{patchJob + marked("uid-train")}},
		"claim": {claim.Marked{Claim: pvc}, []string{patchClaim + marked("uid-train-results")}},
		"none":  {claim.Marked{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			cluster := faketest.New(job.DeepCopy(), pvc.DeepCopy())
			client, _ := cluster.Clientset()
			err := claim.MarkFetched(t.Context(), client, test.on, claim.Mark{When: faketest.Now(), By: "dev", Job: "uid-train", Files: 3, Digest: "d1"})
			if diff := cmp.Diff(test.want, cluster.Changes()); diff != "" || err != nil {
				t.Errorf("%v; want -, got +:\n%s", err, diff)
			}
		})
	}
}

func TestRecordUser(t *testing.T) {
	pvc := faketest.Claim("train-results", "1Gi", corev1.ClaimBound)
	cluster := faketest.New(pvc.DeepCopy())
	client, _ := cluster.Clientset()
	if err := claim.RecordUser(t.Context(), client, pvc, `{"uid":7}`); err != nil {
		t.Error(err)
	}
	want := []string{patchClaim + `{"metadata":{"annotations":{"kubectl-batch.github.io/user":"uid-train-results {\"uid\":7}"},"uid":"uid-train-results"}}`}
	if diff := cmp.Diff(want, cluster.Changes()); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

// fetchedBy returns a claim with the results of user grace, marked as fetched by user; "" means not fetched.
func fetchedBy(user string) *corev1.PersistentVolumeClaim {
	return faketest.Claim("train-results", "1Gi", corev1.ClaimBound, func(c *corev1.PersistentVolumeClaim) {
		c.Annotations = map[string]string{provenance.Annotation: provenance.Bind(c.UID, "grace")}
		if user != "" {
			c.Annotations[provenance.FetchedAnnotation] = provenance.Bind(c.UID, "2026-03-01T00:00:00Z")
			c.Annotations[provenance.FetchedByAnnotation] = provenance.Bind(c.UID, user)
			c.Annotations[provenance.FetchedOfAnnotation] = provenance.Bind(c.UID, "uid-train")
		}
	})
}

// A fetch by the owner of the results remains recorded when another user fetches.
func TestMarkFetchedKeepsFetchOfOwner(t *testing.T) {
	for name, test := range map[string]struct {
		formerUser, user string
		job              types.UID
		want             string
	}{
		"first fetch":                        {"", "admin", "uid-train", "admin"},
		"another user after the owner":       {"grace", "admin", "uid-train", "grace"},
		"another user, the job is gone":      {"grace", "admin", "", "grace"},
		"another user, of a job that is new": {"grace", "admin", "uid-new", "admin"},
		"the owner after another user":       {"admin", "grace", "uid-train", "grace"},
		"another user after another user":    {"admin", "heidi", "uid-train", "heidi"},
		"an unknown user after the owner":    {"grace", "", "uid-train", "grace"},
		"an unknown user after another user": {"admin", "", "uid-train", ""},
	} {
		t.Run(name, func(t *testing.T) {
			pvc := fetchedBy(test.formerUser)
			client, _ := faketest.New(pvc.DeepCopy()).Clientset()
			err := claim.MarkFetched(t.Context(), client, claim.Marked{Claim: pvc}, claim.Mark{When: faketest.Now(), By: test.user, Job: test.job})
			current, _ := client.CoreV1().PersistentVolumeClaims(pvc.Namespace).Get(t.Context(), pvc.Name, metav1.GetOptions{})
			if got := provenance.Mark(current, provenance.FetchedByAnnotation); err != nil || got != test.want {
				t.Errorf("fetched by %q, %v; want %q", got, err, test.want)
			}
		})
	}
}

// A job that was deleted during the fetch causes no error if its claim records the fetch.
func TestMarkFetchedOfDeletedJob(t *testing.T) {
	job, pvc := faketest.Job("train"), fetchedBy("")
	client, _ := faketest.New(pvc.DeepCopy()).Clientset()
	mark := claim.Mark{When: faketest.Now(), By: "grace", Job: job.UID}
	if err := claim.MarkFetched(t.Context(), client, claim.Marked{Job: job, Claim: pvc}, mark); err != nil {
		t.Errorf("with its claim: %v", err)
	}
	if err := claim.MarkFetched(t.Context(), client, claim.Marked{Job: job}, mark); err == nil || err.Error() != `job "train" was deleted during the fetch` {
		t.Errorf("alone: %v", err)
	}
}

// Assign and Unassign leave a claim as it was.
func TestUnassignUndoesAssign(t *testing.T) {
	pvc := faketest.Claim("train-results", "1Gi", corev1.ClaimBound, func(c *corev1.PersistentVolumeClaim) {
		c.Annotations = map[string]string{"other": "d"}
		for _, key := range []string{provenance.FetchedAnnotation, provenance.FetchedByAnnotation, provenance.FetchedOfAnnotation, provenance.FetchedDigestAnnotation, provenance.Annotation} {
			c.Annotations[key] = provenance.Bind(c.UID, "a "+key)
		}
	})
	cluster := faketest.New(pvc.DeepCopy())
	client, _ := cluster.Clientset()
	annotations := func() map[string]string {
		got, err := client.CoreV1().PersistentVolumeClaims(pvc.Namespace).Get(t.Context(), pvc.Name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return got.Annotations
	}
	taken, err := claim.Assign(t.Context(), client, pvc, claim.Use{Text: "job 1"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"other": "d", provenance.UseAnnotation: "uid-train-results job 1"}, annotations()); diff != "" {
		t.Errorf("taken: want -, got +:\n%s", diff)
	}
	if err := claim.Unassign(t.Context(), client, taken, pvc); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(pvc.Annotations, annotations()); diff != "" {
		t.Errorf("given back: want -, got +:\n%s", diff)
	}
}

// A claim that was given to another job meanwhile is not marked, nor given back.
func TestNewUseIsLeftAlone(t *testing.T) {
	pvc := faketest.Claim("train-results", "1Gi", corev1.ClaimBound)
	cluster := faketest.New(pvc.DeepCopy())
	client, _ := cluster.Clientset()
	taken, err := claim.Assign(t.Context(), client, pvc, claim.Use{Text: "job 1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := claim.Assign(t.Context(), client, taken, claim.Use{Text: "job 2"}); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"mark":     claim.MarkFetched(t.Context(), client, claim.Marked{Claim: taken}, claim.Mark{By: "me"}),
		"empty":    claim.MarkFetched(t.Context(), client, claim.Marked{Claim: taken}, claim.Mark{Empty: true}),
		"unassign": claim.Unassign(t.Context(), client, taken, pvc),
	} {
		if err == nil || !strings.Contains(err.Error(), "another job has started to use the claim") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A finished pod does not use its volume. A pod without a node will use it.
func TestUsers(t *testing.T) {
	job := faketest.Job("train", func(j *batchv1.Job) {
		j.Spec.Template.Spec.Volumes = []corev1.Volume{claimVolume("v", "data", false)}
	})
	onNode := func(pod *corev1.Pod) { pod.Spec.NodeName = "n1" }
	other := faketest.PodOf(faketest.Job("other"), "other", corev1.PodRunning, onNode)
	cluster := faketest.New(faketest.PodOf(job, "a", corev1.PodRunning, onNode), faketest.PodOf(job, "b", corev1.PodPending), other)
	client, _ := cluster.Clientset()
	users, err := claim.Users(t.Context(), client, faketest.Namespace, "data")
	if err != nil || len(users) != 2 || users[0].Name != "a" || users[1].Name != "b" {
		t.Errorf("%v, %v; want pods a and b", users, err)
	}
	want := []string{"list pods fields=status.phase!=Succeeded,status.phase!=Failed"}
	if diff := cmp.Diff(want, cluster.Calls()); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}
