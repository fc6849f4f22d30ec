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

// DeletedError says that a job was deleted and that nothing tells how it ended.
type DeletedError struct {
	Job *batchv1.Job
	// Name is the job's as people are told it.
	Name string
	// Seen means that its deletion was seen, so that it is certain that it was not finished.
	Seen bool
}

// Error returns the sentence for people.
func (e *DeletedError) Error() string {
	if e.Seen {
		return fmt.Sprintf("job %q was deleted before it finished", e.Name)
	}
	return fmt.Sprintf("job %q was deleted, and its end was not observed; it is unknown whether it completed", e.Name)
}

// looksAtDeleted is how often a deleted job is looked at until it is certain that nothing more is seen of its pods.
const looksAtDeleted = 4

// concludeDeleted tells ended how a job ended that does not exist any more. It reports false while the view can still
// change: the sets of jobs and pods are not equally new.
func (a *awaiting) concludeDeleted(ctx context.Context, i int, v View) bool {
	end := endOfDeleted(v)
	if end == nil {
		if a.deleted[i]++; a.deleted[i] < looksAtDeleted {
			return false
		}
		if !v.SawDeletion {
			end = a.watcher.recordedEnd(ctx, v.Job)
		}
	}
	if end == nil {
		a.ended(a.places[i], Outcome{}, &DeletedError{Job: v.Job, Name: a.watcher.named(v.Job), Seen: v.SawDeletion})
		return true
	}
	v.Job = v.Job.DeepCopy()
	v.Job.Status.Conditions = append(v.Job.Status.Conditions, *end)
	a.ended(a.places[i], outcomeOf(v, nil), nil)
	return true
}

// endOfDeleted returns how a job ended by what was seen of it and of its pods; nil if that does not tell.
func endOfDeleted(v View) *batchv1.JobCondition {
	if decided := condition(v.Job, batchv1.JobSuccessCriteriaMet, batchv1.JobFailureTarget); decided != nil {
		kind := batchv1.JobComplete
		if decided.Type == batchv1.JobFailureTarget {
			kind = batchv1.JobFailed
		}
		return ending(kind, decided.Reason, decided.Message, decided.LastTransitionTime.Time)
	}
	ended := podsThatEnded(v)
	switch {
	case completed(v.Job, v.Pods, ended):
		return ending(batchv1.JobComplete, batchv1.JobReasonCompletionsReached, "All pods succeeded", newest(ended))
	case gaveUp(v.Job, ended):
		return ending(batchv1.JobFailed, batchv1.JobReasonBackoffLimitExceeded, "More pods failed than backoffLimit allows", newest(ended))
	}
	return nil
}

func ending(kind batchv1.JobConditionType, why, message string, when time.Time) *batchv1.JobCondition {
	return &batchv1.JobCondition{Type: kind, Status: corev1.ConditionTrue, Reason: why, Message: message, LastTransitionTime: metav1.NewTime(when)}
}

// podsThatEnded returns the pods that ended before anything deleted them. A container that is
// stopped may end with 0 although its work is not done.
func podsThatEnded(v View) (ended []*corev1.Pod) {
	for _, pod := range v.Pods {
		if reason.Ended(pod) && (pod.DeletionTimestamp == nil || reason.EndOf(pod).Before(deletionRequest(pod))) {
			ended = append(ended, pod)
		}
	}
	return ended
}

// deletionRequest returns when the deletion of pod was asked for.
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

// completed reports whether as many pods, or tasks, of job succeeded as it needs. Without
// completions one is enough, once none runs any more.
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

// gaveUp reports whether so many pods of job failed that the Job controller makes no other. Where rules decide about
// failures, the number of pods does not tell.
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

// recordedEnd returns how job ended by the events of the Job controller, which exist for an hour after it; nil if
// they do not tell or cannot be read.
func (w *Watcher) recordedEnd(ctx context.Context, job *batchv1.Job) *batchv1.JobCondition {
	of := fields.OneTermEqualSelector("involvedObject.uid", string(job.UID)).String()
	list, err := w.Client.CoreV1().Events(job.Namespace).List(ctx, metav1.ListOptions{FieldSelector: of})
	if err != nil {
		return nil
	}
	for _, event := range list.Items {
		if event.InvolvedObject.UID != job.UID {
			continue
		}
		switch event.Reason {
		case "Completed":
			return ending(batchv1.JobComplete, event.Reason, event.Message, event.LastTimestamp.Time)
		case batchv1.JobReasonBackoffLimitExceeded, batchv1.JobReasonDeadlineExceeded, batchv1.JobReasonPodFailurePolicy,
			batchv1.JobReasonFailedIndexes, batchv1.JobReasonMaxFailedIndexesExceeded:
			return ending(batchv1.JobFailed, event.Reason, event.Message, event.LastTimestamp.Time)
		}
	}
	return nil
}
