// Package client connects to the agent in a container: through a tunnel over the API
// server's pods/proxy if that is permitted and works, otherwise through an exec.
//
// What it promises: both ends of a tunnel authenticate with keys that were created for
// this agent and never leave their process. Only the certificates, which are public,
// are exchanged through an exec. A connection that is lost is opened again, through
// another transport if necessary.
package client

import (
	"context"
	"fmt"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/mtls"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// Options configure the connection to an agent.
type Options struct {
	// Exec runs programs in the container; its streams are counted and limited already.
	Exec transport.Executor
	// Tunnel returns a Dialer for a port of a pod, through the API server.
	Tunnel func(namespace, pod string, port int) (transport.Dialer, error)
	// Join is the command that joins its standard streams to the agent.
	Join []string
	// Meter counts and limits the tunnels.
	Meter *transport.Meter
	// Only is "tunnel" or "exec" to use that transport alone; "" chooses one.
	Only string
	// Trace receives a line for each choice of a transport and its reason. It may be nil.
	Trace func(string)
	// Now is the time from which the validity of the certificate is computed.
	Now time.Time
}

// Agent returns the transports to the agent in the container. Close ends their
// connections. Errors: the agent does not respond to an exec, or no tunnel can be configured.
func Agent(ctx context.Context, container transport.Container, o Options) (*transport.Chooser, error) {
	exec := transport.With(&transport.ExecDialer{Executor: o.Exec, At: container, Argv: o.Join}, transport.Answers("/v1/ping"))
	if o.Only == exec.Name() {
		return transport.NewChooser(o.Trace, exec), nil
	}
	pair, err := mtls.New(o.Now)
	if err != nil {
		return nil, fmt.Errorf("creating a key: %w", err)
	}
	agent, err := enroll(ctx, exec, pair.PEM())
	if err != nil {
		return nil, err
	}
	tunnel, err := o.Tunnel(container.Namespace, container.Pod, agent.Port)
	if err != nil {
		return nil, err
	}
	secured := transport.With(tunnel, o.Meter.Conn, transport.TLS(pair.Client([]byte(agent.Certificate))), transport.Answers("/v1/ping"))
	if o.Only == tunnel.Name() {
		return transport.NewChooser(o.Trace, secured), nil
	}
	return transport.NewChooser(o.Trace, secured, exec), nil
}
