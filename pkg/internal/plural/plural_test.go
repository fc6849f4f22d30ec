package plural_test

import (
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/plural"
)

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 jobs", 1: "1 job", 2: "2 jobs", 2000: "2,000 jobs"} {
		if got := plural.Count(n, "job"); got != want {
			t.Errorf("%d: %q; want %q", n, got, want)
		}
	}
}
