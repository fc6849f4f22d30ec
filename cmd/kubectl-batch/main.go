// Command kubectl-batch is the kubectl plugin `kubectl batch`. It connects the
// process (signals, streams, exit status) to the command tree and does nothing else.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/rest"
)

// memoryLimit is soft, in bytes: beyond it memory is given back sooner, at the
// cost of time, so that a fetch of a million files stays small. GOMEMLIMIT goes
// before it.
const memoryLimit = 150 << 20

func main() {
	rest.End()
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	os.Exit(run())
}

// run lives apart from main so that stop is called before the process ends.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second Ctrl-C ends the process at once: clean-up may hang on a lost network.
	context.AfterFunc(ctx, stop)
	streams := genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}
	return cmd.Main(ctx, streams, os.Args)
}
