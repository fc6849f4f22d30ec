package helper_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
)

// old returns a helper of that age.
func old(name string, age time.Duration, phase corev1.PodPhase) *corev1.Pod {
	pod := spec().Pod(name)
	pod.Name, pod.UID, pod.Status.Phase = name, faketest.UID(name), phase
	pod.CreationTimestamp = metav1.NewTime(faketest.Now().Add(-age))
	return pod
}

func namespace() *faketest.Cluster {
	foreign := faketest.PodOf(faketest.Job("j"), "foreign", corev1.PodFailed)
	deleted := old("deleted", time.Minute, corev1.PodRunning)
	now := metav1.NewTime(faketest.Now())
	deleted.DeletionTimestamp, deleted.Finalizers = &now, []string{"x"}
	return faketest.New(foreign, deleted, old("runs", 5*time.Hour-time.Second, corev1.PodRunning), old("starts", 0, corev1.PodPending),
		old("done", time.Minute, corev1.PodSucceeded), old("failed", time.Minute, corev1.PodFailed), old("too-old", 5*time.Hour+time.Second, corev1.PodRunning))
}

func names(pods []corev1.Pod) (names []string) {
	for _, pod := range pods {
		names = append(names, pod.Name)
	}
	return names
}

// Live and stale helpers are told apart; what is no helper is neither.
func TestLiveAndStale(t *testing.T) {
	client, _ := namespace().Clientset()
	live, err := helper.Live(t.Context(), client, faketest.Namespace, faketest.Now())
	if diff := cmp.Diff([]string{"runs", "starts"}, names(live)); diff != "" || err != nil {
		t.Errorf("live: %v; want -, got +:\n%s", err, diff)
	}
	stale, err := helper.Stale(t.Context(), client, faketest.Namespace, faketest.Now())
	if diff := cmp.Diff([]string{"done", "failed", "too-old"}, names(stale)); diff != "" || err != nil {
		t.Errorf("stale: %v; want -, got +:\n%s", err, diff)
	}
}

func TestSweep(t *testing.T) {
	deletes := []string{"delete pods done uid=uid-done", "delete pods failed uid=uid-failed", "delete pods too-old uid=uid-too-old"}
	cluster := namespace()
	client, _ := cluster.Clientset()
	swept, err := helper.Sweep(t.Context(), client, faketest.Namespace, faketest.Now())
	if diff := cmp.Diff(deletes, cluster.Changes()); diff != "" || err != nil || swept != 3 {
		t.Errorf("%d, %v; want -, got +:\n%s", swept, err, diff)
	}
	cluster = namespace().Refuse("delete", "pods", errors.New("sorry"))
	client, _ = cluster.Clientset()
	swept, err = helper.Sweep(t.Context(), client, faketest.Namespace, faketest.Now())
	if diff := cmp.Diff(deletes, cluster.Changes()); diff != "" || err == nil || strings.Count(err.Error(), "sorry") != 3 || swept != 0 {
		t.Errorf("%d, %v; want -, got +:\n%s", swept, err, diff)
	}
}
