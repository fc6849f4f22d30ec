package job

import (
	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

// State is the phase of a job between its creation and its end.
type State string

// The states of a job.
const (
	// Suspended: no pods are created until it is resumed.
	Suspended State = "Suspended"
	// Queued: no pods are created until its queue admits it.
	Queued State = "Queued"
	// Pending: none of its pods has started.
	Pending State = "Pending"
	// Retrying: its pods have failed, and the next one is created after a delay.
	Retrying State = "Retrying"
	// Running: at least one pod is ready.
	Running State = "Running"
	// Stopping: the outcome is certain, and its pods are ending.
	Stopping State = "Stopping"
	// Complete: it succeeded.
	Complete State = "Complete"
	// Failed: it failed permanently.
	Failed State = "Failed"
	// Cancelled: cancel ended it.
	Cancelled State = "Cancelled"
)

// StateOf returns the state of job, from its status alone.
func StateOf(job *batchv1.Job) State {
	if end := End(job); end != nil {
		if end.Reason == batchv1.JobReasonDeadlineExceeded && provenance.Mark(job, provenance.CancelledAnnotation) != "" {
			return Cancelled
		}
		return State(end.Type)
	}
	switch {
	case condition(job, batchv1.JobFailureTarget, batchv1.JobSuccessCriteriaMet) != nil:
		return Stopping
	case job.Spec.Suspend != nil && *job.Spec.Suspend:
		return suspendedState(job)
	case job.Status.Ready != nil && *job.Status.Ready > 0:
		return Running
	case reason.Retries(job):
		return Retrying
	}
	return Pending
}

// suspendedState distinguishes a job that waits in a queue from a job that a user suspended.
func suspendedState(job *batchv1.Job) State {
	if job.Labels[reason.QueueLabel] != "" {
		return Queued
	}
	return Suspended
}

// Selector selects the pods of job.
func Selector(job *batchv1.Job) string {
	return metav1.FormatLabelSelector(job.Spec.Selector)
}
