package agenttest

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/mtls"
	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
)

// Local returns an HTTP client that connects to the Unix socket.
func (a *Agent) Local(tb testing.TB) *http.Client {
	tb.Helper()
	return client(tb, func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", a.Socket)
	})
}

// Tunnel returns an HTTP client with an enrolled certificate that connects over the network.
func (a *Agent) Tunnel(tb testing.TB) *http.Client {
	tb.Helper()
	mine, err := mtls.New(time.Now())
	if err != nil {
		tb.Fatal(err)
	}
	enrolment := a.Enroll(tb, mine)
	config := mine.Client([]byte(enrolment.Certificate))
	return client(tb, func(ctx context.Context) (net.Conn, error) { return Dial(ctx, enrolment.Port, config) })
}

// Dial opens a tunnel to a port of this machine and completes the TLS handshake.
func Dial(ctx context.Context, port int, config *tls.Config) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	return OpenTunnel(ctx, conn, config)
}

// OpenTunnel opens a tunnel over conn and completes the TLS handshake.
func OpenTunnel(ctx context.Context, conn net.Conn, config *tls.Config) (net.Conn, error) {
	if _, err := io.WriteString(conn, "GET /"+wire.TunnelPath+" HTTP/1.1\r\nHost: agent\r\nConnection: Upgrade\r\nUpgrade: "+wire.TunnelProtocol+"\r\n\r\n"); err != nil {
		return nil, err
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil) //nolint:bodyclose // a switch of protocols has none
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusSwitchingProtocols {
		return nil, fmt.Errorf("the agent answered %s", answer.Status)
	}
	secure := tls.Client(conn, config)
	return secure, secure.HandshakeContext(ctx)
}

func client(tb testing.TB, dial func(context.Context) (net.Conn, error)) *http.Client {
	tb.Helper()
	transport := &http.Transport{
		DialContext:        func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
		DisableCompression: true,
	}
	tb.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}
