package spec

import (
	"encoding/json"

	batchv1 "k8s.io/api/batch/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// originalSpec is what cancel changes of a job's spec, as it was before.
type originalSpec struct {
	Deadline    *int64 `json:"activeDeadlineSeconds,omitempty"`
	Parallelism *int32 `json:"parallelism,omitempty"`
	Suspend     *bool  `json:"suspend,omitempty"`
}

// BeforeCancel returns what cancel is about to change of job, for an annotation.
func BeforeCancel(job *batchv1.Job) (string, error) {
	if recorded := provenance.Mark(job, provenance.CancelledSpecAnnotation); recorded != "" {
		return recorded, nil
	}
	text, err := json.Marshal(originalSpec{Deadline: job.Spec.ActiveDeadlineSeconds, Parallelism: job.Spec.Parallelism, Suspend: job.Spec.Suspend})
	return string(text), err
}

// Uncancel reverts, on a copy of a job that still has its UID, what cancel wrote into its spec, so that the copy
// has the original values. It does not change other jobs. An invalid value
// counts as not set.
func Uncancel(job *batchv1.Job) {
	text := provenance.Mark(job, provenance.CancelledSpecAnnotation)
	for _, key := range []string{provenance.CancelledSpecAnnotation, provenance.CancelledAnnotation, provenance.CancelledByAnnotation} {
		delete(job.Annotations, key)
	}
	if text == "" {
		return
	}
	var original originalSpec
	if json.Unmarshal([]byte(text), &original) != nil {
		original = originalSpec{}
	}
	if original.Deadline != nil && *original.Deadline < 1 {
		original.Deadline = nil
	}
	if original.Parallelism != nil && *original.Parallelism < 0 {
		original.Parallelism = nil
	}
	job.Spec.ActiveDeadlineSeconds, job.Spec.Suspend = original.Deadline, original.Suspend
	if original.Parallelism != nil {
		job.Spec.Parallelism = original.Parallelism
	}
}
