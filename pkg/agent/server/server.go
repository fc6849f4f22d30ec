package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/keys"
	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
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

// agent is one running server.
type agent struct {
	Options
	root    *os.Root
	pair    *keys.Pair
	client  atomic.Pointer[[]byte] // the certificate of the one client
	port    int
	idle    *idle
	writers *writers
	tunnels *handed
	stores  chan struct{} // a place for each chunk under way
	puts    chan struct{} // a place for each file, or part of one, under way
	clients clients
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

func newAgent(o Options) (*agent, error) {
	if o.Idle == 0 {
		o.Idle = DefaultIdle
	}
	root, err := os.OpenRoot(o.Root)
	if err != nil {
		return nil, fmt.Errorf("opening what is to be served: %w", err)
	}
	pair, err := keys.New(o.Now())
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return &agent{
		Options: o, root: root, pair: pair, writers: newWriters(wire.Config{Now: o.Now, Beat: o.Beat}),
		stores: make(chan struct{}, maxStores), puts: make(chan struct{}, maxPuts),
	}, nil
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

// serve runs the three doors: the socket, the network, and what comes out of
// the tunnels that the network asked for.
func (a *agent) serve(ctx context.Context, socket, network net.Listener) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	a.idle = newIdle(a.Idle, stop)
	a.tunnels = newHanded(network.Addr())
	inside := a.http(ctx, a.api(false))
	failed := make(chan error, 3)
	servers := map[net.Listener]*http.Server{
		socket:                         a.http(ctx, a.api(true)),
		limited(network, maxStrangers): a.door(ctx),
		a.tunnels:                      inside,
	}
	for listener, server := range servers {
		defer func() { _ = server.Close() }()
		go func() { failed <- server.Serve(listener) }()
	}
	select {
	case err := <-failed:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
		return nil
	}
}

// http is a server whose requests end with ctx. It sets no deadline on whole
// requests: answers take as long as they take, and give signs of life.
func (*agent) http(ctx context.Context, handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: patience,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
}
