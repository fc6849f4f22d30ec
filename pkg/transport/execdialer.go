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

// ExecDialer dials by running a program in a container whose standard input and
// output are the connection, for example one that joins them to a socket there.
//
// A connection is there before the program runs, so Dial never fails: the first
// Read does, with an ExecError. See Answers.
type ExecDialer struct {
	Executor Executor
	At       Container
	Argv     []string
	Clock    clock.PassiveClock // for deadlines; nil is the real one
	// Grace is how long a program whose input has ended gets to end by itself: 1 s if zero. Without that the cluster
	// would be left to find out.
	Grace time.Duration
}

// ExecError is the end of the program behind a connection, where that was not
// just the end of its output.
type ExecError struct {
	Program string // with its arguments
	Pod     string
	Stderr  string // the first 2 KiB of it, on one line
	Err     error  // what the exec said; nil where it said nothing
}

// Error says what ran where, how it ended and what it said.
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

// Unwrap returns what the exec said.
func (e *ExecError) Unwrap() error { return e.Err }

// How much may wait in each direction. Output comes 32 KiB at a time.
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
