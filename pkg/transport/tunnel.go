package transport

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"
)

// The Upgrade that the program in the pod waits for, and where. The API server
// passes on whatever protocol is named.
const (
	TunnelProtocol = "batch-tunnel"
	TunnelPath     = "tunnel"
)

// Tunnel dials a port of a pod through the API server's pods/proxy: an HTTP
// Upgrade, answered by the program in the pod, after which the API server copies
// bytes. Kubelet and container runtime are not on the way. Who asks needs the
// verb get on pods/proxy.
//
// Each connection is a TCP connection of its own to the API server, over
// HTTP/1.1, and carries nothing before the 101. What runs through it is as safe
// as the API server and the way from there to the pod: use TLS inside.
type Tunnel struct {
	base   *http.Transport // nil where the config brings its own
	round  http.RoundTripper
	target *url.URL
	asked  string
}

// NewTunnel returns a Tunnel to a port of a pod. All that config says of proxies,
// authorities, credentials, impersonation and wrappers holds for it. Errors: the
// config is wrong.
func NewTunnel(config *rest.Config, namespace, pod string, port int) (*Tunnel, error) {
	server, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, err
	}
	base, round, err := roundTripper(config)
	if err != nil {
		return nil, err
	}
	return &Tunnel{
		base: base, round: round,
		target: server.JoinPath("api", "v1", "namespaces", namespace, "pods", pod+":"+strconv.Itoa(port), "proxy", TunnelPath),
		asked:  fmt.Sprintf("a tunnel to port %d of pod %q", port, pod),
	}, nil
}

// Name implements Dialer.
func (*Tunnel) Name() string { return "tunnel" }

// Dial implements Dialer. Errors: a RefusedError where the cluster answered, else
// one of the network or of the credentials.
func (t *Tunnel) Dial(ctx context.Context) (net.Conn, error) {
	conn, err := t.upgrade(ctx)
	if apierrors.IsUnauthorized(err) {
		// A credential plugin gets new credentials when it sees this status.
		conn, err = t.upgrade(ctx)
	}
	if err != nil {
		t.tidy()
		return nil, err
	}
	return conn, nil
}

// upgrade sends the request in a context of its own: net/http may watch it for
// as long as it likes.
func (t *Tunnel) upgrade(ctx context.Context) (net.Conn, error) {
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, cancel)
	conn, err := t.send(own)
	if !stop() {
		if err == nil {
			_ = conn.Close()
		}
		return nil, fmt.Errorf("waiting for %s: %w", t.asked, context.Cause(ctx))
	}
	if err != nil {
		cancel()
		return nil, err
	}
	conn.release = cancel
	return conn, nil
}

func (t *Tunnel) send(ctx context.Context) (*tunnelConn, error) {
	conn := &tunnelConn{}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { conn.wire = info.Conn },
	})
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, t.target.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Connection", "Upgrade")
	request.Header.Set("Upgrade", TunnelProtocol)
	response, err := t.round.RoundTrip(request)
	if err != nil {
		return nil, fmt.Errorf("asking for %s: %w", t.asked, err)
	}
	stream, ok := response.Body.(io.ReadWriteCloser)
	switch {
	case response.StatusCode != http.StatusSwitchingProtocols:
		defer func() { _ = response.Body.Close() }()
		return nil, refused(t.asked, response)
	case !ok || response.Header.Get("Upgrade") != TunnelProtocol:
		_ = response.Body.Close()
		return nil, fmt.Errorf("%s was answered with another protocol, %.40q", t.asked, response.Header.Get("Upgrade"))
	}
	conn.stream = stream
	return conn, nil
}

// tidy ends what a failed dial left behind: net/http goes on dialing for a
// request that nobody waits for.
func (t *Tunnel) tidy() {
	if t.base != nil {
		t.base.CloseIdleConnections()
	}
}

// tunnelConn is the body of a 101, which net/http reads past its own buffers,
// with the deadlines and addresses of the connection beneath it.
type tunnelConn struct {
	stream  io.ReadWriteCloser
	wire    net.Conn // nil where a wrapper hides it
	release func()
}

// Read implements net.Conn. Over TLS a read gives one record, 16 KiB at most.
func (c *tunnelConn) Read(p []byte) (int, error) { return c.stream.Read(p) }

// Write implements net.Conn.
func (c *tunnelConn) Write(p []byte) (int, error) { return c.stream.Write(p) }

// Close implements net.Conn. There is no half close: the API server ends both
// directions when one ends.
func (c *tunnelConn) Close() error {
	defer c.release()
	return c.stream.Close()
}
