package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

const (
	// DefaultIdle is how long the agent stays without a client.
	DefaultIdle = 2 * time.Minute
	// MaxStreams is how many answers are written at the same time; what is asked
	// beyond that waits.
	MaxStreams = 8
	// patience bounds every step of somebody who is not known yet, and every
	// request's way in.
	patience = 10 * time.Second
	// stalled is how long a client may take nothing before it is given up.
	stalled = 5 * time.Minute
)

// Options is what an agent is started with.
type Options struct {
	// Root is the directory it serves.
	Root string
	// Socket is where it listens for those who are in the pod already. What lies
	// there is replaced.
	Socket string
	Now    func() time.Time
	// Idle is how long it stays without a client: DefaultIdle if zero.
	Idle time.Duration
	// Beat is how often a silent answer gives a sign of life: wire.DefaultBeat if
	// zero.
	Beat time.Duration
}

// Run serves until ctx ends, or nobody has spoken for Idle, which is no error.
func Run(ctx context.Context, o Options) error {
	a, err := newAgent(o)
	if err != nil {
		return err
	}
	defer func() { _ = a.root.Close() }()
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
