package reason

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

// The Job controller waits this long after the first failure, twice as long after
// each further one, and never longer than the second (DefaultJobPodFailureBackOff
// and MaxJobPodFailureBackOff in pkg/controller/job of Kubernetes).
const (
	firstBackOff = 10 * time.Second
	mostBackOff  = 10 * time.Minute
)

// retrying describes a job without active pods, some of whose pods have failed: the
// Job controller waits before it creates the next one.
func retrying(job *batchv1.Job, pods []*corev1.Pod, currentTime time.Time) Reason {
	failed := slices.DeleteFunc(slices.Clone(pods), func(pod *corev1.Pod) bool { return pod.Status.Phase != corev1.PodFailed })
	count := max(int(job.Status.Failed), len(failed))
	if count == 0 || !mayRetry(job, count) || isDecided(job) {
		return Reason{}
	}
	message := fmt.Sprintf("Retrying (%d failed", count)
	if limit := job.Spec.BackoffLimit; limit != nil && job.Spec.BackoffLimitPerIndex == nil {
		message = fmt.Sprintf("Retrying (%d of %d failed", count, *limit)
	}
	if len(failed) == 0 {
		return Reason{Code: message + ")", Started: true}
	}
	newest := slices.MaxFunc(failed, func(a, b *corev1.Pod) int { return EndOf(a).Compare(EndOf(b)) })
	if cause := failure(newest); cause != "" {
		message += ", " + cause
	}
	if wait := nextAttempt(job, pods, failed, currentTime); wait > 0 {
		message += fmt.Sprintf("; next attempt in about %s", wait.Round(time.Second))
	}
	return Reason{Code: message + ")", Started: true}
}

// isDecided reports whether the outcome of job is certain although it is not finished, for example after a cancellation.
func isDecided(job *batchv1.Job) bool {
	return slices.ContainsFunc(job.Status.Conditions, func(c batchv1.JobCondition) bool {
		return (c.Type == batchv1.JobFailureTarget || c.Type == batchv1.JobSuccessCriteriaMet) && c.Status == corev1.ConditionTrue
	})
}

// mayRetry reports whether a job with that many failed pods retries. In an
// array, each task decides separately; the status shows the result soon.
func mayRetry(job *batchv1.Job, failed int) bool {
	if limit := job.Spec.BackoffLimitPerIndex; limit != nil {
		return *limit > 0
	}
	return job.Spec.BackoffLimit != nil && failed <= int(*job.Spec.BackoffLimit)
}

// Retries reports, from the status of job alone, whether pods of it have failed and
// the Job controller waits before it makes the next one.
func Retries(job *batchv1.Job) bool {
	s := job.Status
	return s.Failed > 0 && s.Active == 0 && (s.Terminating == nil || *s.Terminating == 0) && mayRetry(job, int(s.Failed))
}

// failure describes briefly how pod ended.
func failure(pod *corev1.Pod) string {
	highest := int32(0)
	for _, status := range RunToEnd(pod) {
		if t := status.State.Terminated; t != nil {
			highest = max(highest, t.ExitCode)
		}
	}
	if pod.Status.Reason != "" || highest == 0 {
		return pod.Status.Reason
	}
	return fmt.Sprintf("exit %d", highest)
}

// nextAttempt returns how long the Job controller still waits; 0 if the attempt is due.
// If the clocks differ, the result is still at most the back-off.
func nextAttempt(job *batchv1.Job, pods, failed []*corev1.Pod, currentTime time.Time) time.Duration {
	if job.Spec.BackoffLimitPerIndex == nil {
		return remaining(failuresInARow(pods, failed), newestEnd(failed), currentTime)
	}
	var least time.Duration
	for i, pod := range newestOfIndexes(failed) {
		failures, err := strconv.Atoi(pod.Annotations[batchv1.JobIndexFailureCountAnnotation])
		if err != nil {
			return 0
		}
		if wait := remaining(failures+1, EndOf(pod), currentTime); i == 0 || wait < least {
			least = wait
		}
	}
	return least
}

func remaining(failures int, since, currentTime time.Time) time.Duration {
	backOff := firstBackOff
	for range failures - 1 {
		backOff = min(2*backOff, mostBackOff)
	}
	return min(backOff, max(0, since.Add(backOff).Sub(currentTime)))
}

// failuresInARow counts the failures after the last success.
func failuresInARow(pods, failed []*corev1.Pod) int {
	succeeded := slices.DeleteFunc(slices.Clone(pods), func(pod *corev1.Pod) bool { return pod.Status.Phase != corev1.PodSucceeded })
	lastSuccess, count := newestEnd(succeeded), 0
	for _, pod := range failed {
		if EndOf(pod).After(lastSuccess) {
			count++
		}
	}
	return max(1, count)
}

func newestEnd(pods []*corev1.Pod) (newest time.Time) {
	for _, pod := range pods {
		if end := EndOf(pod); end.After(newest) {
			newest = end
		}
	}
	return newest
}

// newestOfIndexes returns the pod of each task that ended last.
func newestOfIndexes(failed []*corev1.Pod) (newest []*corev1.Pod) {
	positions := map[string]int{}
	for _, pod := range failed {
		index := pod.Annotations[batchv1.JobCompletionIndexAnnotation]
		i, ok := positions[index]
		switch {
		case !ok:
			positions[index] = len(newest)
			newest = append(newest, pod)
		case EndOf(pod).After(EndOf(newest[i])):
			newest[i] = pod
		}
	}
	return newest
}

// EndOf returns when the last container of pod ended; its creation if unknown.
func EndOf(pod *corev1.Pod) time.Time {
	end := pod.CreationTimestamp.Time
	for _, status := range pod.Status.ContainerStatuses {
		if t := status.State.Terminated; t != nil && t.FinishedAt.After(end) {
			end = t.FinishedAt.Time
		}
	}
	return end
}

// mainInit returns the states of the init containers that run to their end, without those
// with restartPolicy Always. Those are sidecars: the kubelet stops them when the others have
// ended, so that their exit statuses say nothing about the job.
func mainInit(pod *corev1.Pod) []corev1.ContainerStatus {
	return slices.DeleteFunc(slices.Clone(pod.Status.InitContainerStatuses), func(status corev1.ContainerStatus) bool {
		return IsSidecar(pod, status.Name)
	})
}

// IsSidecar reports whether the container of that name is an init container with
// restartPolicy Always.
func IsSidecar(pod *corev1.Pod, name string) bool {
	return slices.ContainsFunc(pod.Spec.InitContainers, func(c corev1.Container) bool {
		return c.Name == name && c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
	})
}

// RunToEnd returns the states of the containers of pod whose exit statuses count.
func RunToEnd(pod *corev1.Pod) []corev1.ContainerStatus {
	return slices.Concat(mainInit(pod), pod.Status.ContainerStatuses)
}
