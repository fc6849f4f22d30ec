package cmd

import (
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
)

// executeSkewed runs a command on a machine whose clock is ahead of the server's by that much.
func executeSkewed(t *testing.T, cluster *faketest.Cluster, skew time.Duration, args ...string) result {
	t.Helper()
	return executeAs(t, cluster.Ahead(-skew), func(f *factory.Factory) { f.Clock = clocktesting.NewFakeClock(faketest.Now().Add(skew)) }, args...)
}

// The clock of this machine can be wrong: that of the server decides.
func TestServerClockDecides(t *testing.T) {
	for name, skew := range map[string]time.Duration{"ahead": 8 * time.Hour, "behind": -8 * time.Hour, "right": 0} {
		t.Run(name, func(t *testing.T) {
			got := executeSkewed(t, faketest.New(done("a", 24*time.Hour), helperPod("b", corev1.PodRunning, time.Hour)), skew, "purge", "-y")
			for _, change := range got.Changes {
				if strings.HasPrefix(change, "delete pods") {
					t.Errorf("a helper of an hour was removed: %q", got.Changes)
				}
			}
			got = executeSkewed(t, faketest.New(done("a", 2*time.Hour)), skew, "purge", "--older-than=3h", "-y")
			if len(got.Changes) > 0 {
				t.Errorf("a job of 2 hours is older than 3: %q", got.Changes)
			}
			got = executeSkewed(t, faketest.New(done("a", 2*time.Hour)), skew, "list")
			// It was created an hour before this time: an offset is known to about a second.
			fields := strings.Fields(got.Stdout)
			if age := fields[len(fields)-1]; age != "60m" && age != "59m" {
				t.Errorf("%s", got.Stdout)
			}
		})
	}
}

// Without a flag for ages, no age is checked.
func TestPurgeChecksNoAgeUnasked(t *testing.T) {
	future := func(job *batchv1.Job) {
		for i := range job.Status.Conditions {
			job.Status.Conditions[i].LastTransitionTime.Time = faketest.Now().Add(time.Minute)
		}
		job.Status.CompletionTime = nil
	}
	for _, args := range [][]string{{"purge", "a", "-y"}, {"purge", "--completed", "-y"}} {
		got := execute(t, faketest.New(done("a", -time.Minute, future)), args...)
		if len(got.Changes) != 1 {
			t.Errorf("%q: %+v", args, got)
		}
	}
}
