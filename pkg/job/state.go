package job

import (
	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

// State is where a job is between its making and its end.
type State string

// The states of a job.
const (
	// Suspended: no pods are made until it is resumed.
	Suspended State = "Suspended"
	// Queued: no pods are made until its queue admits it.
	Queued State = "Queued"
	// Pending: none of its pods has started.
	Pending State = "Pending"
	// Retrying: its pods have failed, and the next one is made after a while.
	Retrying State = "Retrying"
	// Running: at least one pod is ready.
	Running State = "Running"
	// Stopping: how it ends is decided, and its pods come to their end.
	Stopping State = "Stopping"
	// Complete: it reached what it was to do.
	Complete State = "Complete"
	// Failed: it gave up.
	Failed State = "Failed"
	// Cancelled: cancel ended it.
	Cancelled State = "Cancelled"
)

// StateOf returns the state of job, from its own status alone.
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

// suspendedState tells a job that waits in a queue from one that a user suspended.
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
