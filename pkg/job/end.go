package job

import (
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

// End returns the condition that ended job, nil while it is not finished.
// SuccessCriteriaMet and FailureTarget precede the end: the job's pods still run.
func End(job *batchv1.Job) *batchv1.JobCondition {
	return condition(job, batchv1.JobComplete, batchv1.JobFailed)
}

// condition returns the first of job's conditions that is true and of one of kinds.
func condition(job *batchv1.Job, kinds ...batchv1.JobConditionType) *batchv1.JobCondition {
	for i, c := range job.Status.Conditions {
		if slices.Contains(kinds, c.Type) && c.Status == corev1.ConditionTrue {
			return &job.Status.Conditions[i]
		}
	}
	return nil
}

// Finished returns when job ended; false while it is not finished.
func Finished(job *batchv1.Job) (time.Time, bool) {
	end := End(job)
	if end == nil {
		return time.Time{}, false
	}
	return end.LastTransitionTime.Time, true
}

// Duration returns how long job ran, up to currentTime if it is not finished; 0
// if it has not started.
func Duration(job *batchv1.Job, currentTime time.Time) time.Duration {
	if job.Status.StartTime == nil {
		return 0
	}
	if end, ok := Finished(job); ok {
		currentTime = end
	}
	return currentTime.Sub(job.Status.StartTime.Time)
}

// Highest returns the highest exit status of the containers of pod, including init containers
// but not sidecars; 0 if none has ended.
func Highest(pod *corev1.Pod) int {
	highest := int32(0)
	for _, status := range reason.RunToEnd(pod) {
		if t := status.State.Terminated; t != nil {
			highest = max(highest, t.ExitCode)
		}
	}
	return int(highest)
}

// ExitStatus returns the exit status of a finished job: 0 for Complete; 1 for Cancelled; for
// Failed the highest exit status of a container of its pods, and 1 if it is unknown or
// all are 0. In an array, tasks that finally succeeded do not
// count, even if their first attempts failed.
func ExitStatus(job *batchv1.Job, pods []*corev1.Pod) int {
	switch StateOf(job) {
	case Complete:
		return 0
	case Cancelled:
		return 1 // its containers were stopped, so that their exit status says nothing
	default:
	}
	succeeded := map[string]bool{}
	for _, pod := range pods {
		if task := pod.Annotations[batchv1.JobCompletionIndexAnnotation]; task != "" && pod.Status.Phase == corev1.PodSucceeded {
			succeeded[task] = true
		}
	}
	highest := 1
	for _, pod := range pods {
		if !succeeded[pod.Annotations[batchv1.JobCompletionIndexAnnotation]] {
			highest = max(highest, Highest(pod))
		}
	}
	return highest
}
