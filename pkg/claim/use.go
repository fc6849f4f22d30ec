package claim

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// unfinished selects the pods that can use a volume. A finished pod does not use it, but still delays the deletion of
// its claim.
const unfinished = "status.phase!=Succeeded,status.phase!=Failed"

// Users returns the pods that mount claim and have not ended, scheduled
// or not.
func Users(ctx context.Context, client clients.Interface, namespace, claim string) ([]corev1.Pod, error) {
	pods, err := client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{FieldSelector: unfinished})
	if err != nil {
		return nil, fmt.Errorf("listing the pods that use claim %q: %w", claim, err)
	}
	return slices.DeleteFunc(pods.Items, func(pod corev1.Pod) bool {
		return !uses(&pod, claim)
	}), nil
}

// Writers returns the pods that may write to claim or may have written to it, ended or not.
func Writers(ctx context.Context, client clients.Interface, namespace, claim string) ([]corev1.Pod, error) {
	pods, err := client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("listing the pods that use claim %q: %w", claim, err)
	}
	return slices.DeleteFunc(pods.Items, func(pod corev1.Pod) bool {
		return !slices.ContainsFunc(pod.Spec.Volumes, func(v corev1.Volume) bool {
			return v.PersistentVolumeClaim != nil && v.PersistentVolumeClaim.ClaimName == claim && !v.PersistentVolumeClaim.ReadOnly
		})
	}), nil
}

func uses(pod *corev1.Pod, claim string) bool {
	for _, origin := range sourcesOf(pod.Spec, pod.Name) {
		if origin.claim == claim {
			return true
		}
	}
	return false
}

// usedBy reads the use of a claim, or of a job: the job's name, and the start of the use.
func usedBy(text string) (job string, since time.Time) {
	job, when, _ := strings.Cut(text, " ")
	since, _ = time.Parse(time.RFC3339Nano, when) // zero where it is not known
	return job, since
}

// OtherUse reports the job that run gave claim to after job used it, and the time; "" for none. Only run records
// this. A job that run did not create counts as the last user until run gives the claim to another job after
// the end of the job, which is zero for an unfinished job.
func OtherUse(claim *corev1.PersistentVolumeClaim, job *batchv1.Job, end time.Time) string {
	current := provenance.Mark(claim, provenance.UseAnnotation)
	user, since := usedBy(current)
	if current == "" || user == job.Name {
		return ""
	}
	recorded := job.Annotations[provenance.UseAnnotation]
	if name, _ := usedBy(recorded); name != job.Name { // run did not create it
		if end.IsZero() || !since.After(end) {
			return ""
		}
	}
	return fmt.Sprintf("claim %s is now used by job %s (since %s)", claim.Name, user, since.UTC().Format(time.RFC3339))
}
