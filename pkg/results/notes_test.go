package results

import (
	"errors"
	"strings"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

func TestBucketHint(t *testing.T) {
	if hint := bucketHint(5 << 30); hint != "" {
		t.Errorf("5 GiB: %s", hint)
	}
	if hint := bucketHint(12 << 30); !strings.HasPrefix(hint, "Note: fetch transfers 12 GiB through the API server") || strings.Contains(hint, "\n") {
		t.Errorf("12 GiB: %s", hint)
	}
}

func TestMissingReceipt(t *testing.T) {
	n := notes{request: &Request{}}
	for want, result := range map[string]transfer.Result{
		"neither HOME nor XDG_CACHE_HOME is set": {Files: 3, Kept: 2},
		"read-only":                              {Files: 3, Kept: 3, ReceiptError: errors.New("read-only")},
		"":                                       {Files: 3, Kept: 3},
	} {
		if got := n.missingReceipt(&Outcome{}, result); got != want {
			t.Errorf("%+v: %q", result, got)
		}
	}
	n.cacheDir = "cache"
	if got := n.missingReceipt(&Outcome{}, transfer.Result{Files: 3}); got != "" {
		t.Error(got)
	}
}

// TestMessagesNameTheirObject: with several namespaces, the first line that is not empty begins with the name.
func TestMessagesNameTheirObject(t *testing.T) {
	var said []string
	m := messages{print: func(lines ...string) { said = append(said, strings.Join(lines, "|")) }}
	lines := []string{"", "a"}
	m.scoped("lab/train").sayLines(lines...)
	m.sayLines(lines...)
	if got := strings.Join(said, " "); got != "|lab/train: a |a" {
		t.Errorf("%q", got)
	}
}

func TestJobsErrorNamesTheFirst(t *testing.T) {
	err := &JobsError{Failures: []string{"a: x", "b: x", "c: x", "d: x", "e: x"}, Jobs: 9}
	if got := err.Error(); got != "could not fetch 5 of 9 jobs: a: x; b: x; c: x; and 2 more" {
		t.Errorf("%s", got)
	}
	if len(err.Failures) != 5 || err.Failures[3] != "d: x" {
		t.Errorf("changed: %v", err.Failures)
	}
}
