package job

import (
	"context"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/cluster"
	"github.com/kubectl-batch/kubectl-batch/pkg/follow"
)

// Each calls see with every job that options select, reading page by page.
func Each(ctx context.Context, client cluster.Interface, namespace string, options metav1.ListOptions, see func(*batchv1.Job) error) error {
	if err := follow.Each(ctx, client.BatchV1().Jobs(namespace), options, see); err != nil {
		return fmt.Errorf("listing jobs: %w", err)
	}
	return nil
}
