package job

import (
	"context"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
)

// States returns all states of a job, from its creation to its end.
func States() []State {
	return []State{Suspended, Queued, Pending, Running, Stopping, Complete, Failed, Cancelled}
}

// Final reports whether a job in this state is finished.
func (s State) Final() bool { return s == Complete || s == Failed || s == Cancelled }

// Selection says which jobs are meant, by what the API server cannot select. The zero value
// selects every job.
type Selection struct {
	// States that the job is in; none for any.
	States []State
	// Except are the names of jobs that are not selected.
	Except []string
	// OlderThan and NewerThan limit the age of the job; 0 for no limit.
	OlderThan, NewerThan time.Duration
}

// Selects reports whether one is meant.
func (s Selection) Selects(one *batchv1.Job, now time.Time) bool {
	return s.SelectsState(one.Name, StateOf(one)) && s.SelectsAge(now.Sub(since(one)))
}

// SelectsState is Selects without the age.
func (s Selection) SelectsState(name string, state State) bool {
	return (len(s.States) == 0 || slices.Contains(s.States, state)) && !slices.Contains(s.Except, name)
}

// SelectsAge reports whether the age of a job is within the limits.
func (s Selection) SelectsAge(age time.Duration) bool {
	return (s.OlderThan == 0 || age >= s.OlderThan) && (s.NewerThan == 0 || age < s.NewerThan)
}

// since returns from when on the age of a job counts: its end, else its creation.
func since(one *batchv1.Job) time.Time {
	if end, ok := Finished(one); ok {
		return end
	}
	return one.CreationTimestamp.Time
}

// EachSelected calls see with every job that options and selection select, reading page by page.
// now is asked after the answer, which tells the time of the API server.
func EachSelected(ctx context.Context, client clients.Interface, namespace string, options metav1.ListOptions, selection Selection, now func() time.Time, see func(*batchv1.Job) error) error {
	return Each(ctx, client, namespace, options, func(one *batchv1.Job) error {
		if !selection.Selects(one, now()) {
			return nil
		}
		return see(one)
	})
}
