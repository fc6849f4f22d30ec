package job

import (
	"context"
	"fmt"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

// DeletedError means that a job was deleted and that its outcome is unknown.
type DeletedError struct {
	Job *batchv1.Job
	// Name is the job's name as shown to users.
	Name string
	// Seen means that the deletion was observed, so that the job was certainly not finished.
	Seen bool
}

// Error returns a sentence for users.
func (e *DeletedError) Error() string {
	if e.Seen {
		return fmt.Sprintf("job %q was deleted before it finished", e.Name)
	}
	return fmt.Sprintf("job %q was deleted, and its end was not observed; it is unknown whether it completed", e.Name)
}

// maxDeletedChecks is how often a deleted job is checked until no more of its pods can be expected.
const maxDeletedChecks = 4

// concludeDeleted reports the outcome of a job that no longer exists. It returns false while the view can still
// change: the sets of jobs and pods are not updated at the same time.
func (a *awaiting) concludeDeleted(ctx context.Context, i int, v View) bool {
	end := endOfDeleted(v)
	if end == nil {
		if a.deleted[i]++; a.deleted[i] < maxDeletedChecks {
			return false
		}
		if !v.SawDeletion {
			end = a.watcher.recordedEnd(ctx, v.Job)
		}
	}
	if end == nil {
		a.ended(a.positions[i], Outcome{}, &DeletedError{Job: v.Job, Name: a.watcher.displayName(v.Job), Seen: v.SawDeletion})
		return true
	}
	v.Job = v.Job.DeepCopy()
	v.Job.Status.Conditions = append(v.Job.Status.Conditions, *end)
	a.ended(a.positions[i], outcomeOf(v, nil), nil)
	return true
}

// endOfDeleted returns the outcome that follows from the last view of a job and its pods; nil if none does.
func endOfDeleted(v View) *batchv1.JobCondition {
	if decided := condition(v.Job, batchv1.JobSuccessCriteriaMet, batchv1.JobFailureTarget); decided != nil {
		kind := batchv1.JobComplete
		if decided.Type == batchv1.JobFailureTarget {
			kind = batchv1.JobFailed
		}
		return endCondition(kind, decided.Reason, decided.Message, decided.LastTransitionTime.Time)
	}
	ended := podsThatEnded(v)
	switch {
	case completed(v.Job, v.Pods, ended):
		return endCondition(batchv1.JobComplete, batchv1.JobReasonCompletionsReached, "All pods succeeded", newest(ended))
	case gaveUp(v.Job, ended):
		return endCondition(batchv1.JobFailed, batchv1.JobReasonBackoffLimitExceeded, "More pods failed than backoffLimit allows", newest(ended))
	}
	return nil
}

func endCondition(kind batchv1.JobConditionType, cause, message string, when time.Time) *batchv1.JobCondition {
	return &batchv1.JobCondition{Type: kind, Status: corev1.ConditionTrue, Reason: cause, Message: message, LastTransitionTime: metav1.NewTime(when)}
}

// podsThatEnded returns the pods that ended before they were deleted. A container that is
// stopped may end with 0 although its work is not complete.
func podsThatEnded(v View) (ended []*corev1.Pod) {
	for _, pod := range v.Pods {
		if reason.Ended(pod) && (pod.DeletionTimestamp == nil || reason.EndOf(pod).Before(deletionRequest(pod))) {
			ended = append(ended, pod)
		}
	}
	return ended
}

// deletionRequest returns when the deletion of pod was requested.
func deletionRequest(pod *corev1.Pod) time.Time {
	grace := int64(0)
	if pod.DeletionGracePeriodSeconds != nil {
		grace = *pod.DeletionGracePeriodSeconds
	}
	return pod.DeletionTimestamp.Add(-time.Duration(grace) * time.Second)
}

func newest(pods []*corev1.Pod) (end time.Time) {
	for _, pod := range pods {
		if reason.EndOf(pod).After(end) {
			end = reason.EndOf(pod)
		}
	}
	return end
}

// completed reports whether enough pods, or tasks, of job succeeded. Without
// completions, one success is enough when all pods have ended.
func completed(job *batchv1.Job, pods, ended []*corev1.Pod) bool {
	tasks, count := map[string]bool{}, 0
	for _, pod := range ended {
		if pod.Status.Phase == corev1.PodSucceeded {
			tasks[pod.Annotations[batchv1.JobCompletionIndexAnnotation]] = true
			count++
		}
	}
	switch needed := job.Spec.Completions; {
	case needed == nil:
		return count > 0 && len(ended) == len(pods)
	case job.Spec.CompletionMode != nil && *job.Spec.CompletionMode == batchv1.IndexedCompletion:
		return len(tasks) >= int(*needed)
	default:
		return count >= int(*needed)
	}
}

// gaveUp reports whether so many pods of job failed that the Job controller creates no more. If rules decide about
// failures, the number of pods is not sufficient.
func gaveUp(job *batchv1.Job, ended []*corev1.Pod) bool {
	failed := 0
	for _, pod := range ended {
		if pod.Status.Phase == corev1.PodFailed {
			failed++
		}
	}
	rules := job.Spec.PodFailurePolicy != nil || job.Spec.BackoffLimitPerIndex != nil
	return job.Spec.BackoffLimit != nil && !rules && failed > int(*job.Spec.BackoffLimit)
}

// recordedEnd returns the outcome of job from the events of the Job controller, which exist for an hour; nil if
// there are none or they cannot be read.
func (w *Watcher) recordedEnd(ctx context.Context, job *batchv1.Job) *batchv1.JobCondition {
	selector := fields.OneTermEqualSelector("involvedObject.uid", string(job.UID)).String()
	list, err := w.Client.CoreV1().Events(job.Namespace).List(ctx, metav1.ListOptions{FieldSelector: selector})
	if err != nil {
		return nil
	}
	for _, event := range list.Items {
		if event.InvolvedObject.UID != job.UID {
			continue
		}
		switch event.Reason {
		case "Completed":
			return endCondition(batchv1.JobComplete, event.Reason, event.Message, event.LastTimestamp.Time)
		case batchv1.JobReasonBackoffLimitExceeded, batchv1.JobReasonDeadlineExceeded, batchv1.JobReasonPodFailurePolicy,
			batchv1.JobReasonFailedIndexes, batchv1.JobReasonMaxFailedIndexesExceeded:
			return endCondition(batchv1.JobFailed, event.Reason, event.Message, event.LastTimestamp.Time)
		}
	}
	return nil
}
