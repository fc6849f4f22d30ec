package job

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-batch/kubectl-batch/pkg/cluster"
	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
)

// Cancel ends job for good: it gets a deadline of one second, and so becomes a
// finished job that keeps its record. Its pods go, with their logs. A suspended job
// is resumed for it, without pods: a deadline does not run while it is suspended.
// Cancelling a job that has finished meanwhile changes nothing about its end.
func Cancel(ctx context.Context, client cluster.Interface, job *batchv1.Job, by string, when time.Time) error {
	spec := map[string]any{"activeDeadlineSeconds": 1}
	if job.Spec.Suspend != nil && *job.Spec.Suspend {
		spec["suspend"], spec["parallelism"] = false, 0
	}
	annotations := map[string]string{owner.CancelledAnnotation: when.UTC().Format(time.RFC3339)}
	if by != "" {
		annotations[owner.CancelledByAnnotation] = by
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"uid": job.UID, "annotations": annotations}, "spec": spec})
	if err != nil {
		return err
	}
	if _, err = client.BatchV1().Jobs(job.Namespace).Patch(ctx, job.Name, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
		return fmt.Errorf("cancelling job %q: %w", job.Name, err)
	}
	return nil
}
