// Command cluster brings up a real Kubernetes of several nodes on one Linux
// machine, for the demo and the tests: nothing is mocked, nothing is downloaded
// outside Go modules and Debian packages.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// Exit statuses of the program itself; exec passes its command's on.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	s := newSettings()
	err := newCommand(&s).ExecuteContext(ctx)
	status := exitStatus(ctx, err)
	stop()
	os.Exit(status)
}

// exitStatus prints the error on stderr, and returns the exit status of the program.
func exitStatus(ctx context.Context, err error) int {
	var exit *exec.ExitError
	var status statusError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &status):
		return int(status)
	case errors.As(err, &exit) && errors.Is(err, errCommand):
		return commandStatus(exit)
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "cluster: interrupted")
		return exitInterrupted
	case errors.Is(err, errUsage):
		fmt.Fprintln(os.Stderr, "cluster:", err)
		return exitUsage
	}
	fmt.Fprintln(os.Stderr, "cluster:", err)
	return exitFailed
}

// commandStatus is a command's exit status as a shell would give it.
func commandStatus(exit *exec.ExitError) int {
	if ws, ok := exit.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return exit.ExitCode()
}
