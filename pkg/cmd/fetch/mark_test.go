package fetch

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/utils/clock"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/gitignore"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// TestMarkOfNothing: results are recorded as empty only where all of them were asked for, and nothing was skipped.
func TestMarkOfNothing(t *testing.T) {
	none := transfer.Result{Complete: true, Dirs: 1, Skipped: []transfer.Refusal{{Path: "lost+found"}}}
	link := transfer.Result{Complete: true, Skipped: []transfer.Refusal{{Path: "lost+found"}, {Path: "python"}}}
	all, part := &found{Choice: claim.Choice{All: true}}, &found{Choice: claim.Choice{Paths: []string{"d"}}}
	o := &Options{factory: &factory.Factory{Client: faketest.New(), Clock: clock.RealClock{}}}
	for _, test := range []struct {
		from   *found
		result transfer.Result
		want   bool
	}{{all, none, true}, {part, none, false}, {all, link, false}, {all, transfer.Result{Complete: true, Files: 1}, false}} {
		if mark := o.newMark(test.from, test.result); mark.Empty != test.want {
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
		engine        Engine
		from          found
		inUse         bool
		counts, marks bool // without and with --mark
	}{
		"all":                        {Engine{}, found{Choice: all}, false, true, true},
		"a path":                     {Engine{}, found{Choice: part}, false, false, true},
		"a filter":                   {Engine{Filter: filter}, found{Choice: all}, false, false, true},
		"a plan":                     {Engine{Plan: true}, found{Choice: all}, false, false, false},
		"a running job":              {Engine{}, found{Choice: all}, true, false, false},
		"a running job, with a path": {Engine{}, found{Choice: part}, true, false, false},
		"a claim of another job":     {Engine{}, found{Choice: all, others: true}, false, false, false},
		"another job, with a filter": {Engine{Filter: filter}, found{Choice: all, others: true}, false, false, false},
	} {
		o := &Options{engine: test.engine, inUse: test.inUse}
		if got := o.counts(&test.from); got != test.counts {
			t.Errorf("%s: %v", name, got)
		}
		if o.engine.Mark = true; o.counts(&test.from) != test.marks {
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
	o := &Options{
		factory: &factory.Factory{Client: cluster, Clock: clock.RealClock{}, Streams: genericiooptions.IOStreams{ErrOut: &said}},
		client:  client, namespace: faketest.Namespace, engine: Engine{Mark: true},
	}
	from := &found{job: faketest.Job("train"), claim: faketest.Claim("data", "1Gi", corev1.ClaimBound)}
	o.mark(t.Context(), &place{from: from}, transfer.Result{Complete: true, Verified: true})
	const want = "Note: the files were fetched, but the results could not be marked as fetched: run did not create claim data, and no job writes to it alone\n"
	if said.String() != want || len(cluster.Changes()) > 0 {
		t.Errorf("%q, %v", said.String(), cluster.Changes())
	}
}
