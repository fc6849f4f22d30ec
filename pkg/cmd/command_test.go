package cmd

import (
	"bytes"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
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
	var out, errOut bytes.Buffer
	f := &factory.Factory{
		Client:    cluster,
		Streams:   genericiooptions.IOStreams{In: &bytes.Buffer{}, Out: &out, ErrOut: &errOut},
		Clock:     clocktesting.NewFakeClock(faketest.Now()),
		LookupEnv: os.LookupEnv,
		CacheDir:  t.TempDir(),
		Suffix:    func(length int) string { return "x7k2p"[:length] },
		Warnings:  cluster.Warnings(),
	}
	change(f)
	root := New(f)
	root.SetArgs(append([]string{}, args...)) // nil would mean those of the test binary
	called, err := root.ExecuteContextC(t.Context())
	report(&errOut, called, err)
	return result{Stdout: out.String(), Stderr: errOut.String(), Status: exit.Status(err), Changes: cluster.Changes()}
}

func equal(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}
