package transport_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"

	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// echoes proves that conn carries bytes both ways.
func echoes(t *testing.T, conn net.Conn, size int) {
	t.Helper()
	sent := make([]byte, size)
	_, _ = rand.Read(sent)
	go func() {
		if _, err := conn.Write(sent); err != nil {
			t.Error(err)
		}
	}()
	got := make([]byte, size)
	if _, err := io.ReadFull(conn, got); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, sent) {
		t.Error("other bytes came back")
	}
}

func dial(t *testing.T, dialer transport.Dialer) net.Conn {
	t.Helper()
	conn, err := dialer.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// A tunnel is asked for as the kubeconfig says, in HTTP/1.1, on a connection of
// its own, and nothing is said before the answer.
func TestTunnel(t *testing.T) {
	server := newAPIServer(t)
	config := server.config()
	config.Impersonate = rest.ImpersonationConfig{UserName: "dev", Groups: []string{"lab"}}
	tunnel := newTunnel(t, config)
	conn, second := dial(t, tunnel), dial(t, tunnel)
	echoes(t, conn, 3<<20)
	echoes(t, second, 1)
	if conn.LocalAddr().String() == second.LocalAddr().String() {
		t.Error("two tunnels on one connection")
	}
	if server.early > 0 {
		t.Errorf("%d bytes came before the 101", server.early)
	}
	request := server.received()[0]
	want := map[string]string{
		"Authorization": "Bearer secret", "Impersonate-User": "dev", "Impersonate-Group": "lab",
		"Upgrade": "batch-tunnel", "Connection": "Upgrade",
	}
	for name, value := range want {
		if got := strings.Join(request.Header.Values(name), ","); got != value {
			t.Errorf("%s: %q; want %q", name, got, value)
		}
	}
	if request.Proto != "HTTP/1.1" || request.URL.Path != tunnelPath {
		t.Errorf("%s %s", request.Proto, request.URL.Path)
	}
}

// The server's own base path, a proxy's for example, is part of the address.
func TestTunnelBasePath(t *testing.T) {
	server := newAPIServer(t)
	server.answer = func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusTeapot)
		return true
	}
	config := server.config()
	config.Host += "/k8s/clusters/c-1"
	_, _ = newTunnel(t, config).Dial(t.Context())
	if got := server.received()[0].URL.Path; got != "/k8s/clusters/c-1"+tunnelPath {
		t.Errorf("asked for %s", got)
	}
}

// What the cluster answers instead of a tunnel is said in its words.
func TestTunnelRefused(t *testing.T) {
	const head = `the server refused a tunnel to port 8443 of pod "fetch-x": `
	status := func(message string) string {
		return `{"kind":"Status","apiVersion":"v1","status":"Failure","message":"` + message + `","reason":"Forbidden","code":403}`
	}
	for name, test := range map[string]struct {
		code     int
		body     string
		want     string
		is       func(error) bool
		requests int
	}{
		"forbidden":    {403, status(`pods is forbidden`), head + "pods is forbidden (HTTP 403)", apierrors.IsForbidden, 1},
		"gone":         {404, `pods "fetch-x" not found`, head + `pods "fetch-x" not found (HTTP 404)`, apierrors.IsNotFound, 1},
		"no route":     {503, "error trying to reach\n service: dial", head + "error trying to reach service: dial (HTTP 503)", apierrors.IsServiceUnavailable, 1},
		"a page":       {502, "<html>very long", head + "502 Bad Gateway (HTTP 502)", nil, 1},
		"no words":     {500, "", head + "500 Internal Server Error (HTTP 500)", nil, 1},
		"not upgraded": {200, "hello", head + "hello (HTTP 200)", nil, 1},
		"escapes":      {500, "a\x1b[31m\x00b", head + `a\x1b[31m\x00b (HTTP 500)`, nil, 1},
		"long":         {500, strings.Repeat("x", 100000), head + strings.Repeat("x", 200) + "... (HTTP 500)", nil, 1},
		"credentials":  {401, "Unauthorized", head + "Unauthorized (HTTP 401)", apierrors.IsUnauthorized, 2},
	} {
		t.Run(name, func(t *testing.T) {
			server := newAPIServer(t)
			server.answer = func(w http.ResponseWriter, _ *http.Request) bool {
				w.WriteHeader(test.code)
				_, _ = io.WriteString(w, test.body)
				return true
			}
			_, err := server.tunnel(t).Dial(t.Context())
			if err == nil || err.Error() != test.want {
				t.Fatalf("%v; want %s", err, test.want)
			}
			if test.is != nil && !test.is(err) {
				t.Errorf("%#v is not what the API's own checks look for", err)
			}
			if got := len(server.received()); got != test.requests {
				t.Errorf("%d requests; want %d", got, test.requests)
			}
			noneLeft(t, "net/http.(*persistConn)")
		})
	}
}

// A tunnel to something else is none.
func TestTunnelOtherProtocol(t *testing.T) {
	server := newAPIServer(t)
	server.answer = func(_ http.ResponseWriter, r *http.Request) bool {
		r.Header.Set("Upgrade", "websocket")
		return false
	}
	_, err := server.tunnel(t).Dial(t.Context())
	if err == nil || !strings.Contains(err.Error(), `unexpected protocol "websocket"`) {
		t.Error(err)
	}
}

// A credential plugin renews what it gave when it sees a 401.
func TestTunnelRenewedCredentials(t *testing.T) {
	server := newAPIServer(t)
	var count atomic.Int32
	server.answer = func(w http.ResponseWriter, _ *http.Request) bool {
		if count.Add(1) > 1 {
			return false
		}
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}
	echoes(t, dial(t, server.tunnel(t)), 10)
}

// The end of the context that dialed is not the end of the connection, and its
// deadlines are real.
func TestTunnelOutlivesItsDial(t *testing.T) {
	server := newAPIServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	conn, err := server.tunnel(t).Dial(ctx)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	time.Sleep(20 * time.Millisecond)
	echoes(t, conn, 1<<20)
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read: %v", err)
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	echoes(t, conn, 10)
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("read from a closed connection")
	}
	noneLeft(t, "net/http.(*persistConn)", "transport_test.(*apiServer)")
}

// A dial that nobody waits for leaves nothing behind, wherever it is stuck.
func TestTunnelCanceled(t *testing.T) {
	server := newAPIServer(t)
	release := make(chan struct{})
	server.answer = func(http.ResponseWriter, *http.Request) bool {
		<-release
		return false
	}
	defer close(release)
	silent := server.config()
	silent.Host = "https://" + silentListener(t)
	for name, config := range map[string]*rest.Config{"no answer": server.config(), "no handshake": silent} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err := newTunnel(t, config).Dial(ctx)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), `a tunnel to port 8443 of pod "fetch-x"`) {
			t.Errorf("%s: %v", name, err)
		}
		noneLeft(t, "net/http.(*persistConn)", "net/http.(*Transport).dialConn")
	}
}

// A config that cannot work is an error before anything is sent.
func TestTunnelWrongConfig(t *testing.T) {
	for name, config := range map[string]*rest.Config{
		"host":      {Host: "http://a b"},
		"authority": {Host: "https://x", TLSClientConfig: rest.TLSClientConfig{CAFile: "/does/not/exist"}},
	} {
		if _, err := transport.NewTunnel(config, "lab", "x", 1); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
