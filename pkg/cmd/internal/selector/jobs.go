package selector

import (
	"context"
	"fmt"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
)

// Jobs returns the selected jobs of a namespace, or of all, oldest first.
func (s Selection) Jobs(ctx context.Context, client clients.Interface, namespace string, serverTime func() time.Time) ([]*batchv1.Job, error) {
	options, err := s.Options(ctx, client)
	if err != nil {
		return nil, err
	}
	var jobs []*batchv1.Job
	err = job.EachSelected(ctx, client, namespace, options, s.Selection, serverTime, func(object *batchv1.Job) error {
		jobs = append(jobs, object)
		return nil
	})
	if err == nil && len(jobs) == 0 {
		err = CheckNamespace(ctx, client, namespace)
	}
	slices.SortStableFunc(jobs, func(a, b *batchv1.Job) int { return a.CreationTimestamp.Compare(b.CreationTimestamp.Time) })
	return jobs, err
}

// NoJobsError means that the flags select no job.
type NoJobsError struct{ Namespace string }

// Error returns a sentence for users.
func (e *NoJobsError) Error() string {
	return fmt.Sprintf("no jobs %s match the flags", In(e.Namespace))
}
