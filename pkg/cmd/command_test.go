package cmd

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factorytest"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
)

// result is all that a command leaves: what it wrote, its exit status, and what
// it changed in the cluster.
type result struct {
	Stdout, Stderr string
	Status         int
	Changes        []string
}

// execute runs a command line as Main does, against cluster and at faketest.Now.
func execute(t *testing.T, cluster *faketest.Cluster, args ...string) result {
	t.Helper()
	return executeAs(t, cluster, func(*factory.Factory) {}, args...)
}

// executeAs is execute with another environment.
func executeAs(t *testing.T, cluster *faketest.Cluster, change func(*factory.Factory), args ...string) result {
	t.Helper()
	f, out, errOut := factorytest.New(cluster)
	f.LookupEnv, f.CacheDir = os.LookupEnv, t.TempDir()
	change(f)
	root := New(f)
	root.SetArgs(append([]string{}, args...)) // nil would mean those of the test binary
	called, err := root.ExecuteContextC(t.Context())
	report(errOut, called, err)
	return result{Stdout: out.String(), Stderr: errOut.String(), Status: exit.Status(err), Changes: cluster.Changes()}
}

func equal(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}
