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

// Cancel ends job permanently: it sets a deadline of one second, so that the job finishes and remains
// as a record. An annotation keeps the values that Cancel changes, for
// a rerun. The job's pods and their logs are deleted. A suspended job
// is resumed without pods, because a deadline does not run while a job is suspended.
// If the job has finished meanwhile, its outcome does not change.
// user is the name of the user who cancels, "" if unknown.
func Cancel(ctx context.Context, client clients.Interface, job *batchv1.Job, user string, when time.Time) error {
	changed := map[string]any{"activeDeadlineSeconds": 1}
	if job.Spec.Suspend != nil && *job.Spec.Suspend {
		changed["suspend"], changed["parallelism"] = false, 0
	}
	originalSpec, err := spec.BeforeCancel(job)
	if err != nil {
		return err
	}
	annotations := map[string]string{
		provenance.CancelledAnnotation:     provenance.Bind(job.UID, when.UTC().Format(time.RFC3339)),
		provenance.CancelledSpecAnnotation: provenance.Bind(job.UID, originalSpec),
	}
	if user != "" {
		annotations[provenance.CancelledByAnnotation] = provenance.Bind(job.UID, user)
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
