package transport

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
)

// Dialer opens connections to one program in a pod, each independent of the
// others.
type Dialer interface {
	// Dial opens a connection. The end of ctx stops the dial, but does not close a
	// connection that it returned.
	Dial(ctx context.Context) (net.Conn, error)
	// Name is one word for messages and flags, for example "tunnel".
	Name() string
}

// Step wraps or checks a connection after the dial, for example with TLS. If it fails, the
// caller closes the connection.
type Step func(ctx context.Context, conn net.Conn) (net.Conn, error)

// With returns a Dialer that applies the steps to each connection of dialer. The first step
// is nearest to the network.
func With(dialer Dialer, steps ...Step) Dialer {
	return stepped{Dialer: dialer, steps: steps}
}

type stepped struct {
	Dialer
	steps []Step
}

func (s stepped) Dial(ctx context.Context) (net.Conn, error) {
	conn, err := s.Dialer.Dial(ctx)
	if err != nil {
		return nil, err
	}
	for _, step := range s.steps {
		result, err := step(ctx, conn)
		if err != nil {
			_ = conn.Close()
			return nil, err
		}
		conn = result
	}
	return conn, nil
}

// TLS returns a Step that completes a TLS handshake as the client. With TLS 1.3, the
// handshake succeeds before the server has verified the client's certificate: use Answers
// after it.
func TLS(config *tls.Config) Step {
	return func(ctx context.Context, conn net.Conn) (net.Conn, error) {
		secured := tls.Client(conn, config)
		if err := secured.HandshakeContext(ctx); err != nil {
			return nil, fmt.Errorf("TLS handshake with the agent: %w", err)
		}
		return secured, nil
	}
}
