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
)

// Protocol is what a client asks the network's door to be upgraded to.
const Protocol = "batch-tunnel"

// switching is the answer. What follows it is TLS, begun by the client.
const switching = "HTTP/1.1 101 Switching Protocols\r\n" +
	"Connection: Upgrade\r\nUpgrade: " + Protocol + "\r\n\r\n"

// door is the server on the network: it knows nothing but the way into TLS.
func (a *agent) door(ctx context.Context) *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /tunnel", a.tunnel)
	server := a.http(ctx, mux)
	server.SetKeepAlivesEnabled(false)
	return server
}

// tunnel turns a request into a TLS connection, and hands it to the server
// inside if the client proves who it is.
func (a *agent) tunnel(w http.ResponseWriter, r *http.Request) {
	if !strings.EqualFold(r.Header.Get("Upgrade"), Protocol) {
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

// enrolled is the certificate of the client, or nothing.
func (a *agent) enrolled() []byte {
	if client := a.client.Load(); client != nil {
		return *client
	}
	return nil
}

// rewound is a connection of which the HTTP server may have read too far.
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
