package purge_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/purge"
)

const day = 24 * time.Hour

func finished(name string, condition batchv1.JobConditionType, ago time.Duration, changes ...func(*batchv1.Job)) purge.Job {
	return purge.Reduce(faketest.Job(name, append(changes, faketest.Ended(condition, ago))...), "team")
}

func elsewhere(object *batchv1.Job) { object.Namespace = "other" }

// Every filter, and combinations that affect each other.
func TestSelection(t *testing.T) {
	results, got := faketest.Annotated(provenance.ResultsAnnotation, "x-results"), func(j *batchv1.Job) {
		faketest.Marked(provenance.FetchedAnnotation, "2026-03-01T00:00:00Z")(j)
		faketest.Marked(provenance.FetchedByAnnotation, "grace")(j)
		faketest.OwnedBy("grace")(j)
	}
	vision, speech := faketest.Labelled("team", "vision"), faketest.Labelled("team", "speech")
	cancelled := purge.Reduce(faketest.Job("cancelled", faketest.Marked(provenance.CancelledAnnotation, "now"),
		faketest.Ended(batchv1.JobFailed, 2*day, batchv1.JobReasonDeadlineExceeded, "late")), "team")
	jobs := []purge.Job{
		finished("new", batchv1.JobComplete, time.Hour, vision),
		finished("mid", batchv1.JobComplete, 2*day, vision, results),
		finished("old", batchv1.JobComplete, 5*day, speech, results, got),
		finished("bad", batchv1.JobFailed, 3*day, vision, results),
		finished("far", batchv1.JobComplete, 4*day, elsewhere),
		finished("argo", batchv1.JobComplete, 9*day, faketest.Annotated("argocd.argoproj.io/tracking-id", "x")),
		finished("helm", batchv1.JobFailed, 9*day, faketest.Labelled(provenance.ManagedByLabel, "Helm")),
		cancelled,
	}
	complete := []job.State{job.Complete}
	for name, test := range map[string]struct {
		selection purge.Selection
		want      []string
		skipped   purge.Left
		byTeam    bool
	}{
		"any state":                   {purge.Selection{}, []string{"new", "mid", "old", "bad", "far", "cancelled"}, purge.Left{"Argo CD": 1, "Helm": 1}, false},
		"completed":                   {purge.Selection{Selection: job.Selection{States: complete}}, []string{"new", "mid", "old", "far"}, purge.Left{"Argo CD": 1}, false},
		"failed":                      {purge.Selection{Selection: job.Selection{States: []job.State{job.Failed}}}, []string{"bad"}, purge.Left{"Helm": 1}, false},
		"cancelled":                   {purge.Selection{Selection: job.Selection{States: []job.State{job.Cancelled}}}, []string{"cancelled"}, purge.Left{}, false},
		"failed and cancelled":        {purge.Selection{Selection: job.Selection{States: []job.State{job.Failed, job.Cancelled}}}, []string{"bad", "cancelled"}, purge.Left{"Helm": 1}, false},
		"owned":                       {purge.Selection{Selection: job.Selection{States: complete}, Owned: true}, []string{"new", "mid", "old", "far", "argo"}, purge.Left{}, false},
		"older":                       {purge.Selection{Selection: job.Selection{States: complete, OlderThan: 2 * day}}, []string{"mid", "old", "far"}, purge.Left{"Argo CD": 1}, false},
		"fetched":                     {purge.Selection{Selection: job.Selection{States: complete}, Fetched: true}, []string{"new", "old", "far"}, purge.Left{"Argo CD": 1}, false},
		"fetched and failed":          {purge.Selection{Selection: job.Selection{States: []job.State{job.Failed}}, Fetched: true}, nil, purge.Left{"Helm": 1}, false},
		"newest of each namespace":    {purge.Selection{Selection: job.Selection{States: complete}, Keep: 1}, []string{"mid", "old"}, purge.Left{"Argo CD": 1}, false},
		"newest of each team":         {purge.Selection{Selection: job.Selection{States: complete}, Keep: 1}, []string{"mid"}, purge.Left{"Argo CD": 1}, true},
		"newest are counted first":    {purge.Selection{Selection: job.Selection{States: complete, OlderThan: 3 * day}, Keep: 2}, []string{"old"}, purge.Left{"Argo CD": 1}, false},
		"more kept than there are":    {purge.Selection{Selection: job.Selection{States: complete}, Keep: 10}, nil, purge.Left{"Argo CD": 1}, false},
		"owned ones count if asked":   {purge.Selection{Selection: job.Selection{States: complete}, Keep: 3, Owned: true}, []string{"argo"}, purge.Left{}, false},
		"all but":                     {purge.Selection{Selection: job.Selection{States: complete, Except: []string{"new", "far"}}}, []string{"mid", "old"}, purge.Left{"Argo CD": 1}, false},
		"all but, not counted":        {purge.Selection{Selection: job.Selection{States: complete, Except: []string{"new"}}, Keep: 1}, []string{"old"}, purge.Left{"Argo CD": 1}, false},
		"newer":                       {purge.Selection{Selection: job.Selection{NewerThan: 3 * day}}, []string{"new", "mid", "cancelled"}, purge.Left{}, false},
		"fetched, older, newest kept": {purge.Selection{Selection: job.Selection{States: complete, OlderThan: 3 * day}, Keep: 1, Fetched: true}, []string{"old"}, purge.Left{"Argo CD": 1}, false},
	} {
		t.Run(name, func(t *testing.T) {
			candidates := slices.Clone(jobs)
			for i := range candidates {
				if !test.byTeam {
					candidates[i].Group = ""
				}
			}
			chosen, skipped := test.selection.Of(candidates, faketest.Now())
			var names []string
			for _, selected := range chosen {
				names = append(names, selected.Name)
			}
			if diff := cmp.Diff(test.want, names) + cmp.Diff(test.skipped, skipped); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

// A job that a tool manages is recognised by the tool's own labels or annotations.
func TestKeeper(t *testing.T) {
	yes := true
	controlled := func(object *batchv1.Job) {
		object.OwnerReferences = []metav1.OwnerReference{{Kind: "Workflow", Name: "etl", Controller: &yes}}
	}
	for want, change := range map[string]func(*batchv1.Job){
		"Workflow etl": controlled,
		"Argo CD":      faketest.Labelled("argocd.argoproj.io/instance", "app"),
		"Helm":         faketest.Annotated("helm.sh/hook", "pre-install"),
		"Flux":         faketest.Labelled("kustomize.toolkit.fluxcd.io/name", "apps"),
		"":             faketest.Labelled(provenance.ManagedByLabel, provenance.ManagedBy),
	} {
		if got := finished("x", batchv1.JobComplete, day, change).Keeper; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
