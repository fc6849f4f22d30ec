// Package agenttest runs a real agent inside a test, on real sockets.
package agenttest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/keys"
	"github.com/kubectl-batch/kubectl-batch/pkg/agent/server"
)

// Agent is one that runs until the test ends.
type Agent struct {
	// Socket is the way in for those who are in the pod.
	Socket string
	// Done is closed when the agent has ended.
	Done <-chan struct{}
}

// Start serves root. Of o, Root, Socket and Now are set by Start.
func Start(tb testing.TB, root string, o server.Options) *Agent {
	tb.Helper()
	// The path of a socket must be short.
	folder, err := os.MkdirTemp("", "agent")
	if err != nil {
		tb.Fatal(err)
	}
	o.Root, o.Socket, o.Now = root, filepath.Join(folder, "socket"), time.Now
	ctx, stop := context.WithCancel(tb.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Run(ctx, o); err != nil {
			tb.Errorf("the agent ended: %v", err)
		}
	}()
	a := &Agent{Socket: o.Socket, Done: done}
	tb.Cleanup(func() {
		stop()
		<-done
		_ = os.RemoveAll(folder)
	})
	a.await(tb)
	return a
}

// await returns once the agent answers.
func (a *Agent) await(tb testing.TB) {
	tb.Helper()
	for range 500 {
		answer, err := a.Local(tb).Get("http://agent/v1/ping")
		if err == nil {
			_ = answer.Body.Close()
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	tb.Fatal("the agent does not answer")
}

// Local is a client on the socket.
func (a *Agent) Local(tb testing.TB) *http.Client {
	tb.Helper()
	return client(tb, func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", a.Socket)
	})
}

// Enroll makes mine the agent's client.
func (a *Agent) Enroll(tb testing.TB, mine *keys.Pair) server.Enrolment {
	tb.Helper()
	answer, err := a.Local(tb).Post("http://agent/v1/enroll", "application/x-pem-file", bytes.NewReader(mine.PEM()))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var enrolment server.Enrolment
	if err := json.NewDecoder(answer.Body).Decode(&enrolment); err != nil {
		tb.Fatal(err)
	}
	return enrolment
}

// Tunnel is a client that came in through the network, and enrolled before.
func (a *Agent) Tunnel(tb testing.TB) *http.Client {
	tb.Helper()
	mine, err := keys.New(time.Now())
	if err != nil {
		tb.Fatal(err)
	}
	enrolment := a.Enroll(tb, mine)
	config := mine.Client([]byte(enrolment.Certificate))
	return client(tb, func(ctx context.Context) (net.Conn, error) { return Dial(ctx, enrolment.Port, config) })
}

// Dial opens a tunnel to a port of this machine and shakes hands.
func Dial(ctx context.Context, port int, config *tls.Config) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	return Over(ctx, conn, config)
}

// Over opens a tunnel over conn and shakes hands.
func Over(ctx context.Context, conn net.Conn, config *tls.Config) (net.Conn, error) {
	if _, err := io.WriteString(conn, "GET /tunnel HTTP/1.1\r\nHost: agent\r\nConnection: Upgrade\r\nUpgrade: batch-tunnel\r\n\r\n"); err != nil {
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
