package job

import (
	"context"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/pager"
)

// page is how many jobs are read at a time, as kubectl does.
const page = 500

// Each calls see with every job that options select, reading page by page.
func Each(ctx context.Context, client kubernetes.Interface, namespace string, options metav1.ListOptions, see func(*batchv1.Job) error) error {
	pages := pager.New(pager.SimplePageFunc(func(options metav1.ListOptions) (runtime.Object, error) {
		return client.BatchV1().Jobs(namespace).List(ctx, options)
	}))
	pages.PageSize = page
	err := pages.EachListItem(ctx, options, func(item runtime.Object) error {
		job, ok := item.(*batchv1.Job)
		if !ok {
			return fmt.Errorf("%T in a list of jobs", item)
		}
		return see(job)
	})
	if err != nil {
		return fmt.Errorf("listing jobs: %w", err)
	}
	return nil
}
