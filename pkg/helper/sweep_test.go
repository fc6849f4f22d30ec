package helper_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// old returns a helper pod of the given age.
func old(name string, age time.Duration, phase corev1.PodPhase) *corev1.Pod {
	pod := spec().Pod(name)
	pod.Name, pod.UID = name, faketest.UID(name)
	pod.Status.Phase = phase
	pod.CreationTimestamp = metav1.NewTime(faketest.Now().Add(-age))
	return pod
}

func namespace() *faketest.Cluster {
	foreign := faketest.PodOf(faketest.Job("j"), "foreign", corev1.PodFailed)
	deleted := old("deleted", time.Minute, corev1.PodRunning)
	deletedAt := metav1.NewTime(faketest.Now())
	deleted.DeletionTimestamp, deleted.Finalizers = &deletedAt, []string{"x"}
	// A finished pod of a user with the labels of a helper pod, and one with the owner of another job.
	labelled := faketest.PodOf(faketest.Job("j"), "labelled", corev1.PodSucceeded)
	labelled.Labels = old("x", 0, corev1.PodSucceeded).Labels
	adopted := old("adopted", time.Minute, corev1.PodSucceeded)
	adopted.OwnerReferences = []metav1.OwnerReference{{APIVersion: "batch/v1", Kind: "Job", Name: "another", UID: "uid-another"}}
	// Another kind of Job can have the name of the job.
	volcano := old("volcano", time.Minute, corev1.PodSucceeded)
	volcano.Labels[provenance.JobLabel] = "train"
	volcano.OwnerReferences = []metav1.OwnerReference{{APIVersion: "batch.volcano.sh/v1alpha1", Kind: "Job", Name: "train", UID: "uid-train"}}
	owned := old("owned", time.Minute, corev1.PodSucceeded)
	owned.Labels[provenance.JobLabel] = "train"
	owned.OwnerReferences = []metav1.OwnerReference{{APIVersion: "batch/v1", Kind: "Job", Name: "train", UID: "uid-train"}}
	return faketest.New(foreign, labelled, adopted, volcano, owned, deleted, old("runs", 5*time.Hour-time.Second, corev1.PodRunning), old("starts", 5*time.Minute+30*time.Second, corev1.PodPending),
		old("done", time.Minute, corev1.PodSucceeded), old("failed", time.Minute, corev1.PodFailed), old("too-old", 5*time.Hour+time.Second, corev1.PodRunning),
		old("waits", 5*time.Minute+31*time.Second, corev1.PodPending))
}

func names(pods []corev1.Pod) (names []string) {
	for _, pod := range pods {
		names = append(names, pod.Name)
	}
	return names
}

// Live and stale helper pods are distinguished; other pods are neither.
func TestLiveAndStale(t *testing.T) {
	client, _ := namespace().Clientset()
	live, err := helper.Live(t.Context(), client, faketest.Namespace, faketest.Now())
	if diff := cmp.Diff([]string{"runs", "starts"}, names(live)); diff != "" || err != nil {
		t.Errorf("live: %v; want -, got +:\n%s", err, diff)
	}
	stale, err := helper.Stale(t.Context(), client, faketest.Namespace, faketest.Now())
	if diff := cmp.Diff([]string{"done", "failed", "owned", "too-old", "waits"}, names(stale)); diff != "" || err != nil {
		t.Errorf("stale: %v; want -, got +:\n%s", err, diff)
	}
}

func TestSweep(t *testing.T) {
	deletes := []string{"delete pods done uid=uid-done", "delete pods failed uid=uid-failed", "delete pods owned uid=uid-owned", "delete pods too-old uid=uid-too-old", "delete pods waits uid=uid-waits"}
	cluster := namespace()
	client, _ := cluster.Clientset()
	swept, err := helper.Sweep(t.Context(), client, faketest.Namespace, faketest.Now())
	if diff := cmp.Diff(deletes, cluster.Changes()); diff != "" || err != nil || len(swept) != 5 {
		t.Errorf("%v, %v; want -, got +:\n%s", swept, err, diff)
	}
	cluster = namespace().Refuse("delete", "pods", errors.New("sorry"))
	client, _ = cluster.Clientset()
	swept, err = helper.Sweep(t.Context(), client, faketest.Namespace, faketest.Now())
	if diff := cmp.Diff(deletes, cluster.Changes()); diff != "" || err == nil || strings.Count(err.Error(), "sorry") != 5 || len(swept) != 0 {
		t.Errorf("%v, %v; want -, got +:\n%s", swept, err, diff)
	}
}

// A helper pod that has changed since it was listed may have started: it is kept.
func TestSweepLeavesHelperThatStarted(t *testing.T) {
	waits := old("waits", 6*time.Minute, corev1.PodPending)
	waits.ResourceVersion = "7"
	cluster := faketest.New(waits)
	client, _ := cluster.Clientset()
	swept, err := helper.Sweep(t.Context(), client, faketest.Namespace, faketest.Now())
	if diff := cmp.Diff([]string{"delete pods waits uid=uid-waits version=7"}, cluster.Changes()); diff != "" || err != nil || len(swept) != 1 {
		t.Errorf("%v, %v; want -, got +:\n%s", swept, err, diff)
	}
	changed := apierrors.NewConflict(corev1.Resource("pods"), "waits", errors.New("the version is another"))
	cluster = faketest.New(waits).Refuse("delete", "pods", changed)
	client, _ = cluster.Clientset()
	if swept, err := helper.Sweep(t.Context(), client, faketest.Namespace, faketest.Now()); err != nil || len(swept) != 0 {
		t.Errorf("%v, %v; want nothing", swept, err)
	}
}
