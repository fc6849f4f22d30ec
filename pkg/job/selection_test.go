package job_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

func created(ago time.Duration) func(*batchv1.Job) {
	return func(object *batchv1.Job) { object.CreationTimestamp = metav1.NewTime(faketest.Now().Add(-ago)) }
}

func TestSelectionSelects(t *testing.T) {
	ready, yes := int32(1), true
	jobs := []*batchv1.Job{
		faketest.Job("done", created(9*time.Hour), faketest.Ended(batchv1.JobComplete, time.Hour)),
		faketest.Job("bad", created(9*time.Hour), faketest.Ended(batchv1.JobFailed, 4*time.Hour)),
		faketest.Job("halted", created(9*time.Hour), faketest.Marked(provenance.CancelledAnnotation, "now"), faketest.Ended(batchv1.JobFailed, 3*time.Hour, batchv1.JobReasonDeadlineExceeded, "late")),
		faketest.Job("busy", created(5*time.Hour), func(object *batchv1.Job) { object.Status.Ready = &ready }),
		faketest.Job("waits", created(2*time.Hour)),
		faketest.Job("held", created(time.Minute), func(object *batchv1.Job) { object.Spec.Suspend = &yes }),
	}
	for name, test := range map[string]struct {
		selection job.Selection
		want      string
	}{
		"all":                           {job.Selection{}, "done bad halted busy waits held"},
		"one state":                     {job.Selection{States: []job.State{job.Failed}}, "bad"},
		"several states":                {job.Selection{States: []job.State{job.Cancelled, job.Running, job.Suspended}}, "halted busy held"},
		"all but":                       {job.Selection{Except: []string{"bad", "waits", "none"}}, "done halted busy held"},
		"older, from the end":           {job.Selection{OlderThan: 2 * time.Hour}, "bad halted busy waits"},
		"older, the limit itself":       {job.Selection{OlderThan: time.Hour, NewerThan: 2 * time.Hour}, "done"},
		"newer":                         {job.Selection{NewerThan: 2 * time.Hour}, "done held"},
		"a range that no job can be in": {job.Selection{OlderThan: 2 * time.Hour, NewerThan: time.Hour}, ""},
		"state, age and name":           {job.Selection{States: []job.State{job.Complete, job.Failed}, OlderThan: time.Minute, Except: []string{"done"}}, "bad"},
	} {
		t.Run(name, func(t *testing.T) {
			var names []string
			for _, object := range jobs {
				if test.selection.Selects(object, faketest.Now()) {
					names = append(names, object.Name)
				}
			}
			if got := strings.Join(names, " "); got != test.want {
				t.Errorf("%s; want %s", got, test.want)
			}
		})
	}
}

func TestStatesAreAll(t *testing.T) {
	for _, state := range []job.State{job.Suspended, job.Queued, job.Pending, job.Running, job.Stopping} {
		if state.Final() || !slices.Contains(job.States(), state) {
			t.Errorf("%s", state)
		}
	}
	for _, state := range []job.State{job.Complete, job.Failed, job.Cancelled} {
		if !state.Final() || !slices.Contains(job.States(), state) {
			t.Errorf("%s", state)
		}
	}
}
