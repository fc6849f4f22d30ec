package cmd

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// Every command that changes objects deletes helper pods that never started, of any user. It keeps a helper pod that
// a client may still use or wait for.
func TestCommandsSweepHelpers(t *testing.T) {
	cluster := func() *faketest.Cluster {
		return faketest.New(faketest.Job("busy", running), done("old", time.Hour), helperPod("a", corev1.PodPending, 6*time.Minute),
			helperPod("b", corev1.PodPending, 5*time.Minute), helperPod("c", corev1.PodRunning, time.Hour), helperPod("d", corev1.PodSucceeded, time.Minute))
	}
	const message = "Deleted helper pods of interrupted fetches: fetch-a, fetch-d\n"
	for _, line := range []string{"run train --image=i", "rerun old", "cancel busy -y", "purge old -y"} {
		got := execute(t, cluster(), strings.Fields(line)...)
		var deleted []string
		for _, change := range got.Changes {
			if strings.HasPrefix(change, "delete pods") {
				deleted = append(deleted, strings.Fields(change)[2])
			}
		}
		if !slices.Equal(deleted, []string{"fetch-a", "fetch-d"}) || got.Status != 0 || !strings.Contains(got.Stderr, message) {
			t.Errorf("%s: %v, %+v", line, deleted, got)
		}
	}
	for _, line := range []string{"run train --image=i --dry-run=server", "run train --image=i --dry-run", "cancel nosuch -y", "list", "logs old", "wait old"} {
		if got := execute(t, cluster(), strings.Fields(line)...); strings.Contains(strings.Join(got.Changes, "\n"), "delete pods") {
			t.Errorf("%s: %+v", line, got)
		}
	}
	// Missing rights to list or delete are no error.
	for _, line := range []string{"run train --image=i", "cancel busy -y"} {
		for _, verb := range []string{"list", "delete"} {
			got := execute(t, cluster().Refuse(verb, "pods", errors.New("forbidden")), strings.Fields(line)...)
			if got.Status != 0 || strings.Contains(got.Stderr, "forbidden") || strings.Contains(got.Stderr, "Deleted helper") {
				t.Errorf("%s, %s: %+v", line, verb, got)
			}
		}
	}
}

// purge names each thing that an interrupted run left, with its kind, and with -A its namespace.
func TestPurgeNamesLeftoversOfRun(t *testing.T) {
	leftover := func(name, component string) metav1.ObjectMeta {
		meta := metav1.ObjectMeta{
			Name: name, Namespace: faketest.Namespace, UID: faketest.UID(name), CreationTimestamp: metav1.NewTime(faketest.Now().Add(-time.Hour)),
			Labels: map[string]string{provenance.ManagedByLabel: provenance.ManagedBy, provenance.ComponentLabel: component, provenance.JobLabel: "fit"},
		}
		provenance.SetCreatedAs(&meta)
		return meta
	}
	cluster := func() *faketest.Cluster {
		return faketest.New(
			&corev1.ConfigMap{ObjectMeta: leftover("fit-script", provenance.ScriptComponent)}, &corev1.Secret{ObjectMeta: leftover("fit-env", provenance.EnvComponent)},
			results(corev1.ClaimPending, "1Gi", ofJob("fit"), func(c *corev1.PersistentVolumeClaim) {
				c.CreationTimestamp = metav1.NewTime(faketest.Now().Add(-time.Hour))
			}))
	}
	for line, suffix := range map[string]string{"purge -y": "", "purge -y -A": " in lab"} {
		got := execute(t, cluster(), strings.Fields(line)...)
		for _, name := range []string{"configmap/fit-script", "secret/fit-env", "pvc/fit-results"} {
			if want := "Deleted " + name + suffix + ", which an interrupted run created for a job that does not exist\n"; !strings.Contains(got.Stderr, want) {
				t.Errorf("%s: %+v; want %q", line, got, want)
			}
		}
		if len(got.Changes) != 3 || got.Status != 0 {
			t.Errorf("%s: %+v", line, got)
		}
	}
}
