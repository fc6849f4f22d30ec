package transport

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"k8s.io/utils/clock"
)

// ExecDialer dials by running a program in a container. Its stdin and stdout are the
// connection. For example, the program connects them to a socket in the container.
//
// A connection exists before the program runs. Therefore Dial does not fail: the first Read
// returns an *ExecError instead. See Answers.
type ExecDialer struct {
	// Executor runs the program Argv in the container At.
	Executor Executor
	At       Container
	Argv     []string
	Clock    clock.PassiveClock // for deadlines; nil is the real one
	// Grace is how long a program may run after the end of its input, before the exec is cancelled: 1 s if zero.
	Grace time.Duration
}

// ExecError says that the program of a connection failed or wrote to stderr.
type ExecError struct {
	Program string // with its arguments
	Pod     string
	Stderr  string // the first 2 KiB of it, on one line
	Err     error  // of the exec; nil if it reported success
}

// Error returns the program, the pod, the error of the exec and the text of stderr.
func (e *ExecError) Error() string {
	parts := []string{fmt.Sprintf("running %q in pod %q", e.Program, e.Pod)}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	if e.Stderr != "" {
		parts = append(parts, e.Stderr)
	}
	return strings.Join(parts, ": ")
}

// Unwrap returns the error of the exec.
func (e *ExecError) Unwrap() error { return e.Err }

// The sizes of the buffers for input and output. Output arrives in pieces of 32 KiB.
const (
	inputRing  = 64 << 10
	outputRing = 512 << 10
)

const defaultGrace = time.Second

// Name implements Dialer.
func (*ExecDialer) Name() string { return "exec" }

// Dial implements Dialer. It returns at once, and always without an error.
func (d *ExecDialer) Dial(ctx context.Context) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	connCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	conn := &execConn{
		container: d.At, clock: d.Clock, grace: cmp.Or(d.Grace, defaultGrace), cancel: cancel,
		in: newRing(inputRing), out: newRing(outputRing), done: make(chan struct{}),
	}
	if conn.clock == nil {
		conn.clock = clock.RealClock{}
	}
	go conn.run(connCtx, d.Executor, d.Argv)
	return conn, nil
}
