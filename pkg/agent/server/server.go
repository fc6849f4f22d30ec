package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
)

const (
	// DefaultIdle is how long the agent runs without a request before it ends.
	DefaultIdle = 2 * time.Minute
	// MaxStreams is how many responses are written at the same time. Further requests
	// wait.
	MaxStreams = 8
	// defaultPatience bounds each step of a client that is not yet authenticated, and the header of each request.
	defaultPatience = 10 * time.Second
	// stalled is how long a client may accept no data before its request is cancelled.
	stalled = 5 * time.Minute
)

// Options is what an agent is started with.
type Options struct {
	// Root is the directory to serve, or the directory that contains SubPath.
	Root string
	// SubPath is the directory or file in Root that is served, relative and clean; ""
	// is all of Root. It may not exist yet.
	SubPath string
	// Socket is the path of the Unix socket for processes in the pod. An existing file
	// with that name is replaced.
	Socket string
	// Now is the clock.
	Now func() time.Time
	// Recent is how long after its last change a file may change without a change of its
	// times: by the settings of this node if zero.
	Recent time.Duration
	// Idle is how long the agent runs without a request before it ends: DefaultIdle if zero.
	Idle time.Duration
	// Beat is the interval of heartbeats in a response without data: wire.DefaultBeat if
	// zero.
	Beat time.Duration
	// FirstPause is the pause before the first retry of a request to a store: 500 ms if zero. Later pauses are up to
	// 40 times as long.
	FirstPause time.Duration
	// Patience bounds each step of a client that is not yet authenticated, and the header of each request: 10 s if zero.
	Patience time.Duration
}

// withDefaults returns the options with each optional one set.
func (o Options) withDefaults() Options {
	o.Idle = cmp.Or(o.Idle, DefaultIdle)
	o.Beat = cmp.Or(o.Beat, wire.DefaultBeat)
	o.FirstPause = cmp.Or(o.FirstPause, defaultPause)
	o.Patience = cmp.Or(o.Patience, defaultPatience)
	if o.Recent == 0 {
		o.Recent = readRecent()
	}
	return o
}

// Run serves until ctx ends or there was no request for Options.Idle. Neither is an error.
// Errors: the root directory or a listener cannot be opened.
func Run(ctx context.Context, o Options) error {
	a, err := newAgent(o)
	if err != nil {
		return err
	}
	defer a.close()
	socket, err := listenUnix(ctx, o.Socket)
	if err != nil {
		return err
	}
	defer func() { _ = socket.Close() }()
	network, err := (&net.ListenConfig{}).Listen(ctx, "tcp", ":0")
	if err != nil {
		return fmt.Errorf("listening for the tunnel: %w", err)
	}
	defer func() { _ = network.Close() }()
	a.port = network.Addr().(*net.TCPAddr).Port
	return a.serve(ctx, socket, network)
}

// listenUnix listens at path, which only this process's user may then open.
func listenUnix(ctx context.Context, path string) (net.Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("replacing the old socket: %w", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("listening on the socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return listener, nil
}
