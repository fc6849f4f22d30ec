package spec

import (
	"encoding/json"

	batchv1 "k8s.io/api/batch/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// askedFor is what cancel changes of a job's spec, as it was before.
type askedFor struct {
	Deadline    *int64 `json:"activeDeadlineSeconds,omitempty"`
	Parallelism *int32 `json:"parallelism,omitempty"`
	Suspend     *bool  `json:"suspend,omitempty"`
}

// BeforeCancel returns what cancel is about to change of job, for an annotation.
func BeforeCancel(job *batchv1.Job) (string, error) {
	if before := provenance.Mark(job, provenance.CancelledSpecAnnotation); before != "" {
		return before, nil
	}
	text, err := json.Marshal(askedFor{Deadline: job.Spec.ActiveDeadlineSeconds, Parallelism: job.Spec.Parallelism, Suspend: job.Spec.Suspend})
	return string(text), err
}

// Uncancel undoes on a copy of a job, which still has its UID, what cancel wrote into its spec, so that the copy
// asks for what the job was made with. It changes nothing of other jobs. A value
// that a Job cannot have counts as not asked for.
func Uncancel(job *batchv1.Job) {
	text := provenance.Mark(job, provenance.CancelledSpecAnnotation)
	for _, key := range []string{provenance.CancelledSpecAnnotation, provenance.CancelledAnnotation, provenance.CancelledByAnnotation} {
		delete(job.Annotations, key)
	}
	if text == "" {
		return
	}
	var asked askedFor
	if json.Unmarshal([]byte(text), &asked) != nil {
		asked = askedFor{}
	}
	if asked.Deadline != nil && *asked.Deadline < 1 {
		asked.Deadline = nil
	}
	if asked.Parallelism != nil && *asked.Parallelism < 0 {
		asked.Parallelism = nil
	}
	job.Spec.ActiveDeadlineSeconds, job.Spec.Suspend = asked.Deadline, asked.Suspend
	if asked.Parallelism != nil {
		job.Spec.Parallelism = asked.Parallelism
	}
}
