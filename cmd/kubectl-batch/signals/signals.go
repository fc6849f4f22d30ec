// Package signals turns the signals of the process into the end of a context.
package signals

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/interrupt"
)

// Watch returns a context that the first SIGINT, SIGTERM or SIGHUP cancels. The command can then clean up for
// grace. Further signals do not shorten this time, because programs such as timeout send a signal twice. If the process
// still runs after limit, it exits and prints an error to says.
func Watch(says io.Writer, grace, limit time.Duration) context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // nohup has it ignored
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		cause := signalOf(<-signals)
		expired := make(chan struct{})
		cause.Over = expired
		cancel(cause)
		time.Sleep(grace)
		close(expired)
		time.Sleep(limit - grace)
		_, _ = fmt.Fprintln(says, "error: interrupted; cleanup did not finish in time and was stopped")
		os.Exit(cause.Status)
	}()
	return ctx
}

func signalOf(got os.Signal) *interrupt.Signal {
	switch got {
	case syscall.SIGTERM:
		return &interrupt.Signal{Name: "SIGTERM", Status: exit.Terminated}
	case syscall.SIGHUP:
		return &interrupt.Signal{Name: "SIGHUP", Status: exit.Terminated}
	}
	return &interrupt.Signal{Name: "SIGINT", Status: exit.Interrupted}
}
