package spec_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// A rerun of a cancelled job has the original values.
func TestAgainRestoresCancelledJob(t *testing.T) {
	deadline := int64(7200)
	five, yes := int32(5), true
	for name, original := range map[string]*batchv1.Job{
		"without a deadline": faketest.Job("train"),
		"with a deadline":    faketest.Job("train", func(j *batchv1.Job) { j.Spec.ActiveDeadlineSeconds = &deadline }),
		"suspended": faketest.Job("train", func(j *batchv1.Job) {
			j.Spec.ActiveDeadlineSeconds = &deadline
			j.Spec.Parallelism, j.Spec.Suspend = &five, &yes
		}),
	} {
		t.Run(name, func(t *testing.T) {
			cancelled := original.DeepCopy()
			recorded, err := spec.BeforeCancel(original)
			if err != nil {
				t.Fatal(err)
			}
			second := int64(1)
			none, no := int32(0), false
			cancelled.Spec.ActiveDeadlineSeconds = &second
			cancelled.Spec.Parallelism, cancelled.Spec.Suspend = &none, &no
			cancelled.Annotations = map[string]string{provenance.CancelledSpecAnnotation: provenance.Bind(original.UID, recorded), provenance.CancelledAnnotation: "t", provenance.CancelledByAnnotation: "me"}
			want := spec.Again(original)
			if want.Spec.Parallelism == nil {
				want.Spec.Parallelism = &none // a Job that a server stores always has one
			}
			want.Annotations = map[string]string{}
			if diff := cmp.Diff(want, spec.Again(cancelled)); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

// An invalid annotation is ignored.
func TestAgainIgnoresWrongCancelAnnotation(t *testing.T) {
	for _, text := range []string{"", "no JSON", `{"activeDeadlineSeconds":-1,"parallelism":-4}`, `{"activeDeadlineSeconds":"1"}`} {
		second := int64(1)
		job := faketest.Job("train", faketest.Annotated(provenance.CancelledSpecAnnotation, provenance.Bind(faketest.UID("train"), text)), func(j *batchv1.Job) { j.Spec.ActiveDeadlineSeconds = &second })
		if copied := spec.Again(job); text != "" && copied.Spec.ActiveDeadlineSeconds != nil || copied.Spec.Parallelism != nil || len(copied.Annotations) > 0 {
			t.Errorf("%q: %+v, %v", text, copied.Spec, copied.Annotations)
		}
	}
}

// The annotation of another job, which a copied manifest carries, restores nothing.
func TestAgainIgnoresCancelAnnotationOfAnotherJob(t *testing.T) {
	hour := int64(3600)
	mark := provenance.Bind(faketest.UID("other"), `{"activeDeadlineSeconds":7}`)
	job := faketest.Job("train", faketest.Annotated(provenance.CancelledSpecAnnotation, mark), func(j *batchv1.Job) { j.Spec.ActiveDeadlineSeconds = &hour })
	if copied := spec.Again(job); *copied.Spec.ActiveDeadlineSeconds != hour || len(copied.Annotations) > 0 {
		t.Errorf("%d, %v; want %d and no annotation", *copied.Spec.ActiveDeadlineSeconds, copied.Annotations, hour)
	}
}
