// Package factorytest provides factories for tests of commands.
package factorytest

import (
	"bytes"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
)

// New returns a factory for cluster at faketest.Now, without an environment, and what commands write with it.
func New(cluster *faketest.Cluster) (f *factory.Factory, out, errOut *bytes.Buffer) {
	out, errOut = &bytes.Buffer{}, &bytes.Buffer{}
	return &factory.Factory{
		Client:    cluster,
		Streams:   genericiooptions.IOStreams{In: &bytes.Buffer{}, Out: out, ErrOut: errOut},
		Clock:     clocktesting.NewFakeClock(faketest.Now()),
		LookupEnv: func(string) (string, bool) { return "", false },
		Suffix:    func(length int) string { return "x7k2p"[:length] },
		Warnings:  cluster.Warnings(),
	}, out, errOut
}
