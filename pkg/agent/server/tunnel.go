package server

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
)

// switching is the response to a request for a tunnel. After it, the client starts a TLS handshake.
const switching = "HTTP/1.1 101 Switching Protocols\r\n" +
	"Connection: Upgrade\r\nUpgrade: " + wire.TunnelProtocol + "\r\n\r\n"

// door returns the server on the network. It serves only the request that opens a tunnel.
func (a *agent) door(ctx context.Context) *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /"+wire.TunnelPath, a.tunnel)
	server := a.http(ctx, mux)
	server.SetKeepAlivesEnabled(false)
	return server
}

// tunnel turns a request into a TLS connection. If the client presents the enrolled
// certificate, the connection is served by the server for tunnels.
func (a *agent) tunnel(w http.ResponseWriter, r *http.Request) {
	if !strings.EqualFold(r.Header.Get("Upgrade"), wire.TunnelProtocol) {
		http.NotFound(w, r)
		return
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if err := a.admit(r.Context(), conn, buffered.Reader); err != nil {
		_ = conn.Close()
	}
}

func (a *agent) admit(ctx context.Context, conn net.Conn, early *bufio.Reader) error {
	if err := conn.SetDeadline(a.Now().Add(a.Patience)); err != nil {
		return err
	}
	if _, err := io.WriteString(conn, switching); err != nil {
		return err
	}
	below := &gather{Conn: &rewound{Conn: conn, early: early}}
	secure := tls.Server(below, a.pair.Server(a.enrolled))
	if err := secure.HandshakeContext(ctx); err != nil {
		return err
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return err
	}
	if stranger, ok := conn.(*stranger); ok {
		stranger.releaseSlot()
	}
	return a.tunnels.hand(&gathering{secure, below})
}

// enrolled returns the certificate of the client, as PEM, or nil before the enrolment.
func (a *agent) enrolled() []byte {
	if client := a.client.Load(); client != nil {
		return *client
	}
	return nil
}

// rewound is a connection after the HTTP server has read from it. Read returns the bytes in its buffer first.
type rewound struct {
	net.Conn
	early *bufio.Reader
}

// Read implements net.Conn.
func (r *rewound) Read(p []byte) (int, error) {
	if r.early != nil {
		if r.early.Buffered() > 0 {
			return r.early.Read(p[:min(len(p), r.early.Buffered())])
		}
		r.early = nil
	}
	return r.Conn.Read(p)
}
