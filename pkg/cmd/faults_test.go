package cmd

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/slowtest"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// throughFaults runs check once for each seed, in time that passes at once. Scripts do the same before a real API
// server; these tests are for the race detector.
func throughFaults(t *testing.T, check func(t *testing.T, seed uint64)) {
	t.Helper()
	for seed := range uint64(20) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { check(t, seed) })
		})
	}
}

// deletedNames returns the names of kind that out reports as deleted.
func deletedNames(out, kind string) []string {
	var names []string
	for line := range strings.Lines(out) {
		if name, ok := strings.CutPrefix(strings.TrimSuffix(line, " deleted\n"), kind+"/"); ok && strings.HasSuffix(line, " deleted\n") {
			names = append(names, name)
		}
	}
	return names
}

// Half of the claims were fetched. The others are kept, every reported deletion is real, and status 0 means that
// all jobs were deleted.
func TestPurgeThroughFaults(t *testing.T) {
	throughFaults(t, func(t *testing.T, seed uint64) {
		cluster, names := purgeable(20)
		cluster.Fail(seed, 0.3)
		got := execute(t, cluster, "purge", "--completed", "--volumes", "-y")
		for _, name := range deletedNames(got.Stdout, "job.batch") {
			if cluster.HasJob(name) {
				t.Errorf("job %s is reported as deleted, but exists; %+v", name, got)
			}
		}
		for _, name := range deletedNames(got.Stdout, "persistentvolumeclaim") {
			if cluster.Claim(name) != nil {
				t.Errorf("claim %s is reported as deleted, but exists; %+v", name, got)
			}
		}
		for i, name := range names {
			if got.Status == 0 && cluster.HasJob(name) {
				t.Errorf("status 0, but job %s exists; %+v", name, got)
			}
			if i%2 == 1 && cluster.Claim(name+"-results") == nil {
				t.Errorf("the results of %s were not fetched, and are gone; %+v", name, got)
			}
		}
		if got.Status != 0 && got.Stderr == "" {
			t.Errorf("status %d without an error: %+v", got.Status, got)
		}
	})
}

// purgeable returns a cluster of so many finished jobs with results, of which every other was fetched, and their names.
func purgeable(count int) (*faketest.Cluster, []string) {
	var objects []runtime.Object
	var names []string
	for i := range count {
		name := fmt.Sprintf("train-%d", i)
		object := done(name, time.Hour, made(name+"-results"))
		changes := []func(*corev1.PersistentVolumeClaim){ofJob(name)}
		if i%2 == 0 {
			changes = append([]func(*corev1.PersistentVolumeClaim){fetchedClaim}, changes...)
		}
		objects = append(objects, object, results(corev1.ClaimBound, "1Gi", changes...), faketest.PodOf(object, name+"-pod", corev1.PodSucceeded, of(object)))
		names = append(names, name)
	}
	return faketest.New(objects...), names
}

// What is reported as cancelled is, and status 0 means that all jobs are.
func TestCancelThroughFaults(t *testing.T) {
	slowtest.Skip(t)
	throughFaults(t, func(t *testing.T, seed uint64) {
		var objects []runtime.Object
		for i := range 20 {
			objects = append(objects, faketest.Job(fmt.Sprintf("train-%d", i)))
		}
		cluster := faketest.New(objects...).Fail(seed, 0.3)
		got := execute(t, cluster, "cancel", "--all", "-y")
		for _, object := range objects {
			name := object.(*batchv1.Job).Name //nolint:forcetypeassert // made above
			reported := strings.Contains(got.Stdout, "job.batch/"+name+" cancelled\n")
			if (reported || got.Status == 0) && provenance.Mark(cluster.Job(t, name), provenance.CancelledAnnotation) == "" {
				t.Errorf("status %d, reported %v, but job %s is not cancelled; %+v", got.Status, reported, name, got)
			}
		}
		if got.Status != 0 && got.Stderr == "" {
			t.Errorf("status %d without an error: %+v", got.Status, got)
		}
	})
}

// Status 0 means that the job exists with all that it needs; after any other, what is left is named.
func TestRunThroughFaults(t *testing.T) {
	slowtest.Skip(t)
	throughFaults(t, func(t *testing.T, seed uint64) {
		cluster := faketest.New().Fail(seed, 0.3)
		got := execute(t, cluster, "run", "train", "--image=busybox", "--results=1Gi", "--secret-env=KEY=secret", "--", "true")
		exists := cluster.Names(t)
		if got.Status == 0 && len(exists) != 3 {
			t.Errorf("status 0, but only %q exist; %+v", exists, got)
		}
		for _, name := range exists {
			if got.Status != 0 && !strings.Contains(got.Stderr, name) {
				t.Errorf("status %d: %s is left and not named; %+v", got.Status, name, got)
			}
		}
		if got.Status != 0 && got.Stderr == "" {
			t.Errorf("status %d without an error: %+v", got.Status, got)
		}
	})
}
