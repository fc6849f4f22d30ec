package job

import (
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

// End returns the condition that ended job, nil while it is not finished.
// SuccessCriteriaMet and FailureTarget come before the end: its pods still run.
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

// Duration returns how long job ran, until now where it is not finished; 0
// where it has not started.
func Duration(job *batchv1.Job, now time.Time) time.Duration {
	if job.Status.StartTime == nil {
		return 0
	}
	if end, ok := Finished(job); ok {
		now = end
	}
	return now.Sub(job.Status.StartTime.Time)
}

// Highest returns the highest exit status of the containers of pod, init containers
// included and sidecars not; 0 where none has ended.
func Highest(pod *corev1.Pod) int {
	highest := int32(0)
	for _, status := range reason.RunToEnd(pod) {
		if t := status.State.Terminated; t != nil {
			highest = max(highest, t.ExitCode)
		}
	}
	return int(highest)
}

// ExitStatus returns the exit status of a finished job: 0 for Complete; for
// Failed the highest that a container of its pods ended with, and 1 where
// none tells or all say 0; 1 for Cancelled. Of an array, tasks that came to a good end do not
// count, also where their first attempts failed.
func ExitStatus(job *batchv1.Job, pods []*corev1.Pod) int {
	switch StateOf(job) {
	case Complete:
		return 0
	case Cancelled:
		return 1 // its containers were stopped, and did not choose what they ended with
	default:
	}
	good := map[string]bool{}
	for _, pod := range pods {
		if task := pod.Annotations[batchv1.JobCompletionIndexAnnotation]; task != "" && pod.Status.Phase == corev1.PodSucceeded {
			good[task] = true
		}
	}
	highest := 1
	for _, pod := range pods {
		if !good[pod.Annotations[batchv1.JobCompletionIndexAnnotation]] {
			highest = max(highest, Highest(pod))
		}
	}
	return highest
}
