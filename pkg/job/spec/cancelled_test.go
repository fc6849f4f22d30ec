package spec_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// A rerun of a cancelled job asks for what the job was made with.
func TestAgainRestoresCancelledJob(t *testing.T) {
	deadline, five, yes := int64(7200), int32(5), true
	for name, made := range map[string]*batchv1.Job{
		"without a deadline": faketest.Job("train"),
		"with a deadline":    faketest.Job("train", func(j *batchv1.Job) { j.Spec.ActiveDeadlineSeconds = &deadline }),
		"suspended": faketest.Job("train", func(j *batchv1.Job) {
			j.Spec.ActiveDeadlineSeconds, j.Spec.Parallelism, j.Spec.Suspend = &deadline, &five, &yes
		}),
	} {
		t.Run(name, func(t *testing.T) {
			cancelled := made.DeepCopy()
			before, err := spec.BeforeCancel(made)
			if err != nil {
				t.Fatal(err)
			}
			one, none, no := int64(1), int32(0), false
			cancelled.Spec.ActiveDeadlineSeconds, cancelled.Spec.Parallelism, cancelled.Spec.Suspend = &one, &none, &no
			cancelled.Annotations = map[string]string{provenance.CancelledSpecAnnotation: provenance.Bind(made.UID, before), provenance.CancelledAnnotation: "t", provenance.CancelledByAnnotation: "me"}
			want := spec.Again(made)
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

// An annotation that nobody of ours wrote does no harm.
func TestAgainIgnoresWrongCancelAnnotation(t *testing.T) {
	for _, text := range []string{"", "no JSON", `{"activeDeadlineSeconds":-1,"parallelism":-4}`, `{"activeDeadlineSeconds":"1"}`} {
		one := int64(1)
		job := faketest.Job("train", faketest.Annotated(provenance.CancelledSpecAnnotation, provenance.Bind(faketest.UID("train"), text)), func(j *batchv1.Job) { j.Spec.ActiveDeadlineSeconds = &one })
		if again := spec.Again(job); text != "" && again.Spec.ActiveDeadlineSeconds != nil || again.Spec.Parallelism != nil || len(again.Annotations) > 0 {
			t.Errorf("%q: %+v, %v", text, again.Spec, again.Annotations)
		}
	}
}

// The annotation of another job, which a copied manifest carries, restores nothing.
func TestAgainIgnoresCancelAnnotationOfAnotherJob(t *testing.T) {
	hour := int64(3600)
	mark := provenance.Bind(faketest.UID("other"), `{"activeDeadlineSeconds":7}`)
	job := faketest.Job("train", faketest.Annotated(provenance.CancelledSpecAnnotation, mark), func(j *batchv1.Job) { j.Spec.ActiveDeadlineSeconds = &hour })
	if again := spec.Again(job); *again.Spec.ActiveDeadlineSeconds != hour || len(again.Annotations) > 0 {
		t.Errorf("%d, %v; want %d and no annotation", *again.Spec.ActiveDeadlineSeconds, again.Annotations, hour)
	}
}
