package job

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// Cancel ends job for good: it gets a deadline of one second, and so becomes a
// finished job that keeps its record; what cancel changes is kept in an annotation, for
// a rerun. Its pods go, with their logs. A suspended job
// is resumed for it, without pods: a deadline does not run while it is suspended.
// Cancelling a job that has finished meanwhile changes nothing about its end.
func Cancel(ctx context.Context, client clients.Interface, job *batchv1.Job, by string, when time.Time) error {
	changed := map[string]any{"activeDeadlineSeconds": 1}
	if job.Spec.Suspend != nil && *job.Spec.Suspend {
		changed["suspend"], changed["parallelism"] = false, 0
	}
	before, err := spec.BeforeCancel(job)
	if err != nil {
		return err
	}
	annotations := map[string]string{
		provenance.CancelledAnnotation:     provenance.Bind(job.UID, when.UTC().Format(time.RFC3339)),
		provenance.CancelledSpecAnnotation: provenance.Bind(job.UID, before),
	}
	if by != "" {
		annotations[provenance.CancelledByAnnotation] = provenance.Bind(job.UID, by)
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"uid": job.UID, "annotations": annotations}, "spec": changed})
	if err != nil {
		return err
	}
	if _, err = client.BatchV1().Jobs(job.Namespace).Patch(ctx, job.Name, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
		return fmt.Errorf("cancelling job %q: %w", job.Name, err)
	}
	return nil
}
