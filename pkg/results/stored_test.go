package results

import (
	"testing"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/gitignore"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3/s3test"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/s3relay"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// A location without files is a success only if no filter selects files.
func TestStoredEmpty(t *testing.T) {
	filter, err := gitignore.ParseFilter([]string{"*.pt"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	const empty, noMatch = "s3://results/lab is empty", "no file in s3://results/lab matches --include and --exclude"
	for name, test := range map[string]struct {
		filter       gitignore.Filter
		result       transfer.Result
		empty, error string
	}{
		"files":                {gitignore.Filter{}, transfer.Result{Complete: true, Files: 1}, "", ""},
		"no files":             {gitignore.Filter{}, transfer.Result{Complete: true}, empty, ""},
		"directories only":     {gitignore.Filter{}, transfer.Result{Complete: true, Dirs: 2}, empty, ""},
		"selected files":       {filter, transfer.Result{Complete: true, Files: 1}, "", ""},
		"no file that matches": {filter, transfer.Result{Complete: true}, "", noMatch},
	} {
		s := &session{request: &Request{Stored: s3.Location{Bucket: s3test.Bucket, Prefix: "lab"}, Filter: test.filter}}
		out, text := &Outcome{}, ""
		if err := s.checkStoredEmpty(out, test.result); err != nil {
			text = err.Error()
		}
		if out.Empty != test.empty || text != test.error {
			t.Errorf("%s: empty %q, error %q; want %q, %q", name, out.Empty, text, test.empty, test.error)
		}
	}
}

// A location without an index has packed objects of an interrupted fetch, if any.
func TestStoredSourceWithoutIndex(t *testing.T) {
	store, _ := s3test.Start(t, nil)
	clock := clocktesting.NewFakeClock(faketest.Now())
	s := &session{config: &Config{Clock: clock}, store: store, request: &Request{Stored: s3.Location{Bucket: s3test.Bucket, Prefix: "lab"}}}
	source, err := s.storedSource(t.Context(), transport.NewMeter(0))
	if _, packed := source.(*s3relay.Stored); err != nil || !packed {
		t.Errorf("%T, %v", source, err)
	}
}
