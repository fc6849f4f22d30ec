package job

import (
	"context"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/watcher"
)

// Each calls see with every job that options select, reading page by page. A user's copy of a job has the label of its
// owner, but run did not create it for that user: options that select by this label skip it.
func Each(ctx context.Context, client clients.Interface, namespace string, options metav1.ListOptions, see func(*batchv1.Job) error) error {
	if provenance.SelectsOwner(options.LabelSelector) {
		seeAny := see
		see = func(job *batchv1.Job) error {
			if provenance.IsCopy(job) {
				return nil
			}
			return seeAny(job)
		}
	}
	if err := watcher.Each(ctx, client.BatchV1().Jobs(namespace), options, see); err != nil {
		return fmt.Errorf("listing jobs: %w", err)
	}
	return nil
}
