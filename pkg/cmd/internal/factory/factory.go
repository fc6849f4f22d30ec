// Package factory holds what every verb receives: clients, streams, the clock and command lines to suggest.
package factory

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/utils/clock"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/program"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/kubeconfig"
)

// Factory holds the outside world as the verbs see it. Tests replace it whole.
type Factory struct {
	// Program is how this program was called.
	Program program.Program
	// Client reaches the cluster that the kubeconfig flags name.
	Client kubeconfig.Getter
	// Streams: Out receives results, ErrOut receives messages.
	Streams genericiooptions.IOStreams
	// Clock measures how long this command waits. Ages and annotations of objects go by
	// ServerClock.
	Clock clock.WithTicker
	// CacheDir is this user's directory for the records of fetch; "" for none.
	CacheDir string
	// LookupEnv reads the environment; false for a variable that is not set.
	LookupEnv func(string) (string, bool)
	// Suffix returns a text of that many characters which makes a name a new one.
	Suffix func(length int) string
	// Quiet suppresses messages: only answers, errors and warnings of the API server are printed.
	Quiet bool
	// Warnings are what the API server has warned of.
	Warnings *kubeconfig.Warnings
	// scope begins each message, see Scoped.
	scope string
}

// Scoped returns f for messages that are about one of several objects: each begins with its name.
func (f *Factory) Scoped(name string) *Factory {
	scoped := *f
	scoped.scope = name + ": "
	return &scoped
}

// ServerClock returns the time of the API server, which dates the objects: the clock of this
// machine can be wrong.
func (f *Factory) ServerClock() clock.PassiveClock { return f.Client.ServerTime().Clock(f.Clock) }

// Cluster returns the typed clients and the namespace to work in.
func (f *Factory) Cluster() (clients.Interface, string, error) {
	clientset, err := f.Client.Clientset()
	if err != nil {
		return nil, "", err
	}
	namespace, err := f.Client.Namespace()
	return clientset, namespace, err
}

// Say prints a message on ErrOut, on one line. It escapes line breaks and everything
// else that a terminal would interpret.
func (f *Factory) Say(text string) { f.SayLines(text) }

// SayLines prints a message of several lines on ErrOut.
func (f *Factory) SayLines(lines ...string) {
	if i := slices.IndexFunc(lines, func(line string) bool { return line != "" }); i >= 0 && f.scope != "" {
		lines = slices.Clone(lines)
		lines[i] = f.scope + lines[i]
	}
	if !f.Quiet {
		_, _ = fmt.Fprintln(f.Streams.ErrOut, escape(lines))
	}
}

// Answer prints lines of the answer on Out.
func (f *Factory) Answer(lines ...string) error {
	_, err := fmt.Fprintln(f.Streams.Out, escape(lines))
	return err
}

func escape(lines []string) string {
	escaped := make([]string, len(lines))
	for i, line := range lines {
		escaped[i] = printable.Escape(line)
	}
	return strings.Join(escaped, "\n")
}
