package results

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/clock"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/gitignore"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// TestMarkOfNothing: results are recorded as empty only where all of them were asked for, and nothing was skipped.
func TestMarkOfNothing(t *testing.T) {
	none := transfer.Result{Complete: true, Dirs: 1, Skipped: []transfer.Refusal{{Path: "lost+found"}}}
	link := transfer.Result{Complete: true, Skipped: []transfer.Refusal{{Path: "lost+found"}, {Path: "python"}}}
	all, part := &resultsLocation{Choice: claim.Choice{All: true}}, &resultsLocation{Choice: claim.Choice{Paths: []string{"d"}}}
	for _, test := range []struct {
		location *resultsLocation
		result   transfer.Result
		want     bool
	}{{all, none, true}, {part, none, false}, {all, link, false}, {all, transfer.Result{Complete: true, Files: 1}, false}} {
		m := &marker{config: &Config{ServerClock: clock.RealClock{}}, request: &Request{}, location: test.location}
		if mark := m.mark(test.result); mark.Empty != test.want {
			t.Errorf("%+v: %v", test.result, mark.Empty)
		}
	}
}

// TestMarkCountsSelectedFiles: --mark has a part of the results counted for all of them, and overrides nothing else.
func TestMarkCountsSelectedFiles(t *testing.T) {
	filter, err := gitignore.ParseFilter(nil, []string{"tmp/"})
	if err != nil {
		t.Fatal(err)
	}
	all, part := claim.Choice{All: true}, claim.Choice{Paths: []string{"d"}}
	for name, test := range map[string]struct {
		request       Request
		location      resultsLocation
		inUse         bool
		counts, marks bool // without and with --mark
	}{
		"all":                        {Request{}, resultsLocation{Choice: all}, false, true, true},
		"a path":                     {Request{}, resultsLocation{Choice: part}, false, false, true},
		"a filter":                   {Request{Filter: filter}, resultsLocation{Choice: all}, false, false, true},
		"a plan":                     {Request{Plan: true}, resultsLocation{Choice: all}, false, false, false},
		"a running job":              {Request{}, resultsLocation{Choice: all}, true, false, false},
		"a running job, with a path": {Request{}, resultsLocation{Choice: part}, true, false, false},
		"a claim of another job":     {Request{}, resultsLocation{Choice: all, otherUse: true}, false, false, false},
		"another job, with a filter": {Request{Filter: filter}, resultsLocation{Choice: all, otherUse: true}, false, false, false},
	} {
		m := &marker{request: &test.request, location: &test.location, inUse: test.inUse}
		if got := m.counts(); got != test.counts {
			t.Errorf("%s: %v", name, got)
		}
		if test.request.Mark = true; m.counts() != test.marks {
			t.Errorf("%s with --mark: %v", name, !test.marks)
		}
	}
}

// TestMarkThatRecordsNothing: the user who typed --mark is told why nothing is recorded.
func TestMarkThatRecordsNothing(t *testing.T) {
	cluster := faketest.New(faketest.Job("train"))
	client, err := cluster.Clientset()
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	m := &marker{
		config:  &Config{Client: client, ServerClock: clock.RealClock{}},
		request: &Request{Mark: true}, messages: messages{print: func(lines ...string) { said.WriteString(strings.Join(lines, "\n") + "\n") }},
		location: &resultsLocation{namespace: faketest.Namespace, job: faketest.Job("train"), claim: faketest.Claim("data", "1Gi", corev1.ClaimBound)},
	}
	m.annotate(t.Context(), transfer.Result{Complete: true, Verified: true})
	const want = "Note: the files were fetched, but the results could not be marked as fetched: run did not create claim data, and no job writes to it alone\n"
	if said.String() != want || len(cluster.Changes()) > 0 {
		t.Errorf("%q, %v", said.String(), cluster.Changes())
	}
}
