package job_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// madeFor returns the metadata of an object that run created for a job, that long ago.
func madeFor(jobName, name, component string, ago time.Duration) metav1.ObjectMeta {
	meta := metav1.ObjectMeta{
		Name: name, Namespace: faketest.Namespace, UID: faketest.UID(name), CreationTimestamp: metav1.NewTime(faketest.Now().Add(-ago)),
		Labels: map[string]string{provenance.ManagedByLabel: provenance.ManagedBy, provenance.ComponentLabel: component, provenance.JobLabel: jobName},
	}
	provenance.SetCreatedAs(&meta)
	return meta
}

// copyOf returns the metadata of a user's copy of such an object.
func copyOf(meta metav1.ObjectMeta) metav1.ObjectMeta {
	meta.Name, meta.UID = "copy-of-"+meta.Name, faketest.UID("copy-of-"+meta.Name)
	return meta
}

// Only objects are deleted that no job owns, and that run is not about to give to one.
func TestSweepLeftovers(t *testing.T) {
	owned := &corev1.ConfigMap{ObjectMeta: madeFor("gone", "owned", provenance.ScriptComponent, time.Hour)}
	owned.OwnerReferences = []metav1.OwnerReference{{Name: "gone"}}
	claim := func(jobName, name string, phase corev1.PersistentVolumeClaimPhase) *corev1.PersistentVolumeClaim {
		return faketest.Claim(name, "1Gi", phase, func(c *corev1.PersistentVolumeClaim) {
			c.ObjectMeta = madeFor(jobName, name, provenance.ResultsComponent, time.Hour)
			c.Annotations = map[string]string{provenance.UseAnnotation: provenance.Bind(c.UID, jobName+" 2026-03-04T10:00:00Z")}
		})
	}
	given := claim("gone", "given-results", corev1.ClaimPending)
	given.Annotations = map[string]string{provenance.UseAnnotation: provenance.Bind(given.UID, "there 2026-03-04T10:00:00Z")}
	copied := claim("gone", "copied-by-people", corev1.ClaimPending)
	copied.Annotations = given.Annotations
	waits := faketest.PodOf(faketest.Job("waits"), "waits-x", corev1.PodPending)
	waits.Spec.Volumes = []corev1.Volume{{Name: "v", VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "awaited"}}}}
	objects := []runtime.Object{
		given, copied, waits, claim("gone", "awaited", corev1.ClaimPending),
		owned, faketest.Job("there", faketest.Annotated(provenance.ScriptAnnotation, "given")),
		&corev1.ConfigMap{ObjectMeta: madeFor("gone", "left", provenance.ScriptComponent, time.Hour)},
		&corev1.ConfigMap{ObjectMeta: madeFor("gone", "fresh", provenance.ScriptComponent, time.Minute)},
		&corev1.ConfigMap{ObjectMeta: madeFor("there", "given", provenance.ScriptComponent, time.Hour)},
		&corev1.ConfigMap{ObjectMeta: madeFor("there", "other", provenance.ScriptComponent, time.Hour)},
		&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "foreign", Namespace: faketest.Namespace}},
		&corev1.Secret{ObjectMeta: madeFor("gone", "keys", provenance.EnvComponent, time.Hour)},
		&corev1.ConfigMap{ObjectMeta: copyOf(madeFor("gone", "left", provenance.ScriptComponent, time.Hour))},
		&corev1.Secret{ObjectMeta: copyOf(madeFor("gone", "keys", provenance.EnvComponent, time.Hour))},
		claim("gone", "gone-results", corev1.ClaimPending), claim("gone", "gone-used", corev1.ClaimBound), claim("there", "there-results", corev1.ClaimPending),
	}
	cluster := faketest.New(objects...)
	client, _ := cluster.Clientset()
	swept, err := job.SweepLeftovers(t.Context(), client, faketest.Namespace, faketest.Now())
	changes := cluster.Changes()
	slices.Sort(changes)
	want := []string{
		"delete configmaps left uid=uid-left", "delete configmaps other uid=uid-other",
		"delete persistentvolumeclaims gone-results uid=uid-gone-results", "delete secrets keys uid=uid-keys",
		`patch configmaps given application/strategic-merge-patch+json {"metadata":{"ownerReferences":[{"apiVersion":"batch/v1","kind":"Job","name":"there","uid":"uid-there"}]}}`,
	}
	if diff := cmp.Diff(want, changes); diff != "" || !slices.Equal(swept, []string{"configmap/left", "configmap/other", "secret/keys", "pvc/gone-results"}) || err != nil {
		t.Errorf("%q, %v; want -, got +:\n%s", swept, err, diff)
	}
}

// A user who may not list Secrets cannot have created one.
func TestSweepLeftoversForbidden(t *testing.T) {
	cluster := faketest.New().Refuse("list", "secrets", apierrors.NewForbidden(corev1.Resource("secrets"), "", nil))
	client, _ := cluster.Clientset()
	if swept, err := job.SweepLeftovers(t.Context(), client, faketest.Namespace, faketest.Now()); len(swept) > 0 || err != nil {
		t.Errorf("%q, %v", swept, err)
	}
}
