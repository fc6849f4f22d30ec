package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/mtls"
	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
)

// agent is one running server.
type agent struct {
	Options
	volume  *os.Root
	opening sync.Mutex
	// root is the served directory, nil until openServed has opened it. singleFile is the
	// only file of it that is served, "" for all files.
	root       *os.Root
	singleFile string
	pair       *mtls.Pair
	client     atomic.Pointer[[]byte] // the certificate of the one client
	port       int
	idle       *idle
	writers    *writers
	tunnels    *handed
	stores     chan struct{} // a slot for each chunk that is being packed
	puts       chan struct{} // a slot for each file, or part of one, that is being sent
	clients    clients
}

func newAgent(o Options) (*agent, error) {
	o = o.withDefaults()
	volume, err := os.OpenRoot(o.Root)
	if err != nil {
		return nil, fmt.Errorf("opening the root directory: %w", err)
	}
	pair, err := mtls.New(o.Now())
	if err != nil {
		return nil, errors.Join(err, volume.Close())
	}
	return &agent{
		Options: o, volume: volume, pair: pair, writers: newWriters(wire.Config{Now: o.Now, Beat: o.Beat}),
		stores: make(chan struct{}, maxStores), puts: make(chan struct{}, maxPuts),
	}, nil
}

// serve runs three HTTP servers: on the socket, on the network, where a client can only
// open a tunnel, and on the connections inside the tunnels.
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

// http returns a server whose requests end with ctx. It sets no deadline for a whole
// request, because a response may take hours. Responses contain heartbeats instead.
func (a *agent) http(ctx context.Context, handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: a.Patience,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
}
