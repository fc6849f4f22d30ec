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

// Selection selects jobs by what the API server cannot select. The zero value
// selects every job.
type Selection struct {
	// States of the selected jobs; none for any.
	States []State
	// Except are the names of jobs that are not selected.
	Except []string
	// OlderThan and NewerThan limit the age of the job; 0 for no limit.
	OlderThan, NewerThan time.Duration
}

// Selects reports whether s selects job.
func (s Selection) Selects(job *batchv1.Job, currentTime time.Time) bool {
	return s.SelectsState(job.Name, StateOf(job)) && s.SelectsAge(currentTime.Sub(since(job)))
}

// SelectsState is Selects without the age.
func (s Selection) SelectsState(name string, state State) bool {
	return (len(s.States) == 0 || slices.Contains(s.States, state)) && !slices.Contains(s.Except, name)
}

// SelectsAge reports whether the age of a job is within the limits.
func (s Selection) SelectsAge(age time.Duration) bool {
	return (s.OlderThan == 0 || age >= s.OlderThan) && (s.NewerThan == 0 || age < s.NewerThan)
}

// since returns the time from which the age of a job counts: its end, or else its creation.
func since(job *batchv1.Job) time.Time {
	if end, ok := Finished(job); ok {
		return end
	}
	return job.CreationTimestamp.Time
}

// EachSelected calls see with every job that options and selection select, reading page by page.
// It calls serverTime after the response, which contains the time of the API server.
func EachSelected(ctx context.Context, client clients.Interface, namespace string, options metav1.ListOptions, selection Selection, serverTime func() time.Time, see func(*batchv1.Job) error) error {
	return Each(ctx, client, namespace, options, func(job *batchv1.Job) error {
		if !selection.Selects(job, serverTime()) {
			return nil
		}
		return see(job)
	})
}
