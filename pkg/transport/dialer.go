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
	// Dial opens a connection. The end of ctx ends the dialing, never the
	// connection that came of it.
	Dial(ctx context.Context) (net.Conn, error)
	// Name is one word for people and for flags, for example "tunnel".
	Name() string
}

// Step makes more of a connection that was dialed: it counts it, secures it,
// proves it. A Step that fails leaves the connection to be closed by the caller.
type Step func(ctx context.Context, conn net.Conn) (net.Conn, error)

// With returns a Dialer that sends each connection of dialer through the steps,
// the first of which is nearest to the wire.
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

// TLS returns a Step that speaks TLS as the client that config describes, and
// has finished the handshake when it returns. TLS 1.3 lets a client finish
// before the server has judged the client's certificate: Answers proves that.
func TLS(config *tls.Config) Step {
	return func(ctx context.Context, conn net.Conn) (net.Conn, error) {
		secured := tls.Client(conn, config)
		if err := secured.HandshakeContext(ctx); err != nil {
			return nil, fmt.Errorf("TLS handshake with the agent: %w", err)
		}
		return secured, nil
	}
}
