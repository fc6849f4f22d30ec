// Package client connects to the agent that serves in a container: over a tunnel
// through the API server's pods/proxy where that is allowed and gets through,
// else over an exec.
//
// What it promises: both ends of a tunnel prove who they are, with keys that
// were made for this one connection and never leave their process; only the
// certificates, which are public, pass through an exec. A way that is lost is
// opened again, or another one is taken in its place.
package client

import (
	"context"
	"fmt"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/mtls"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// Options say by which ways an agent is reached.
type Options struct {
	// Exec runs programs in the container; its streams are counted and limited already.
	Exec transport.Executor
	// Tunnel returns the way through the API server to a port of a pod.
	Tunnel func(namespace, pod string, port int) (transport.Dialer, error)
	// Join is the command that joins its standard streams to the agent.
	Join []string
	// Meter counts and limits the tunnels.
	Meter *transport.Meter
	// Only is "tunnel" or "exec" where there is no choice; empty chooses.
	Only string
	// Trace is told which way was taken and why; nil is nobody.
	Trace func(string)
	// Now dates the certificate.
	Now time.Time
}

// Agent returns the ways to the agent that serves in the container at. Close
// ends them. Errors: the agent does not answer to an exec, or there is no such way.
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
