// Command kubectl-batch is the kubectl plugin `kubectl batch`. It connects the
// process (signals, streams, exit status) to the command tree and does nothing else.
package main

import (
	"os"
	"runtime/debug"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-batch/kubectl-batch/cmd/kubectl-batch/gcpause"
	"github.com/kubectl-batch/kubectl-batch/cmd/kubectl-batch/signals"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd"
	"github.com/kubectl-batch/kubectl-batch/pkg/interrupt"
)

// memoryLimit is a soft limit, in bytes: above it, memory is freed sooner, at the
// cost of time, so that a fetch of a million files needs little. GOMEMLIMIT takes
// precedence.
const memoryLimit = 150 << 20

func main() {
	gcpause.Resume()
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	streams := genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}
	os.Exit(cmd.Main(signals.Watch(os.Stderr, interrupt.Grace, interrupt.Limit), streams, os.Args))
}
