package transport_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// connections is a net.Listener of connections that others accept.
type connections chan net.Conn

func (c connections) Accept() (net.Conn, error) {
	conn, ok := <-c
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (c connections) Close() error { close(c); return nil }
func (connections) Addr() net.Addr { return &net.TCPAddr{} }

// program serves HTTP on what an API server tunnels to it, inside of TLS.
func program(t *testing.T, api *apiServer, handler http.Handler) transport.Step {
	t.Helper()
	client, server := api.inside()
	accepted := make(connections)
	api.serve = func(conn net.Conn) {
		closed := make(chan struct{})
		accepted <- &watched{Conn: tls.Server(conn, server), closed: closed}
		<-closed
	}
	serving := &http.Server{Handler: handler}
	go func() { _ = serving.Serve(accepted) }()
	t.Cleanup(func() { _ = serving.Close() })
	return transport.TLS(client)
}

type watched struct {
	net.Conn
	once   sync.Once
	closed chan struct{}
}

func (w *watched) Close() error {
	defer w.once.Do(func() { close(w.closed) })
	return w.Conn.Close()
}

// data answers /v1/ping, and sends megabytes; the first request for /cut ends in
// the middle.
func data() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/ping", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "pong") })
	send := func(w http.ResponseWriter, size int64) { _, _ = io.CopyN(w, zeros{}, size) }
	mux.HandleFunc("POST /data", func(w http.ResponseWriter, _ *http.Request) { send(w, 8<<20) })
	var count atomic.Int32
	mux.HandleFunc("POST /cut", func(w http.ResponseWriter, _ *http.Request) {
		if count.Add(1) > 1 {
			send(w, 8<<20)
			return
		}
		send(w, 1<<20)
		panic(http.ErrAbortHandler)
	})
	return mux
}

func fetch(ctx context.Context, client *http.Client, path string) (int64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+transport.Host+path, strings.NewReader("body"))
	if err != nil {
		return 0, err
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	return io.Copy(io.Discard, response.Body)
}

// One client over it all: several streams, each its own tunnel with TLS inside,
// counted; a stream that is cut is an error, and the next one works.
func TestHTTPClient(t *testing.T) {
	api := newAPIServer(t)
	secured := program(t, api, data())
	meter := transport.NewMeter(0)
	chooser := transport.NewChooser(nil, transport.With(api.tunnel(t), meter.Conn, secured, transport.Answers("/v1/ping")))
	client := chooser.HTTPClient()
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if n, err := fetch(t.Context(), client, "/data"); n != 8<<20 || err != nil {
				t.Errorf("%d, %v", n, err)
			}
		})
	}
	group.Wait()
	if got := meter.Received(); got < 32<<20 || got > 33<<20 {
		t.Errorf("%d bytes received", got)
	}
	if n, err := fetch(t.Context(), client, "/cut"); !errors.Is(err, io.ErrUnexpectedEOF) || n == 0 {
		t.Errorf("cut: %d, %v", n, err)
	}
	if n, err := fetch(t.Context(), client, "/cut"); n != 8<<20 || err != nil {
		t.Errorf("again: %d, %v", n, err)
	}
	count := len(api.received())
	if count > 6 {
		t.Errorf("%d tunnels for six requests", count)
	}
	chooser.Close()
	noneLeft(t, "net/http.(*persistConn)", "transport_test.(*apiServer)")
	if _, err := fetch(t.Context(), client, "/data"); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after the close: %v", err)
	}
}

// A tunnel that is refused, or that nobody answers, gives way to the other one,
// over real sockets.
func TestHTTPClientFallsBack(t *testing.T) {
	silent := newAPIServer(t)
	silent.serve = func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }
	refuses := newAPIServer(t)
	refuses.answer = func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusForbidden)
		return true
	}
	works := newAPIServer(t)
	secured := program(t, works, data())
	for name, test := range map[string]struct {
		api      *apiServer
		patience time.Duration
	}{"silent": {silent, 100 * time.Millisecond}, "refused": {refuses, time.Hour}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trace := &lines{}
			chooser := transport.NewChooser(trace.add,
				transport.With(test.api.tunnel(t), secured),
				named{transport.With(works.tunnel(t), secured), "second"})
			defer chooser.Close()
			chooser.SetPatience(test.patience, test.patience)
			if n, err := fetch(t.Context(), chooser.HTTPClient(), "/data"); n != 8<<20 || err != nil {
				t.Errorf("%d, %v", n, err)
			}
			if chooser.Name() != "second" {
				t.Errorf("over %s: %q", chooser.Name(), trace.drain())
			}
		})
	}
}

type named struct {
	transport.Dialer
	name string
}

func (n named) Name() string { return n.name }

// Only an answer of 2xx that leaves the connection as it was is one.
func TestAnswers(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\n"
	for answer, want := range map[string]string{
		head + "Content-Length: 4\r\n\r\npong":                            "",
		head + "Transfer-Encoding: chunked\r\n\r\n4\r\npong\r\n0\r\n\r\n": "",
		"HTTP/1.1 204 No Content\r\n\r\n":                                 "",
		"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n":             `the agent returned "404 Not Found" for /v1/ping`,
		head + "Connection: close\r\n\r\npong":                            "cannot be reused",
		head + "Content-Length: 4\r\n\r\npongpong":                        "cannot be reused",
		"SSH-2.0-OpenSSH\r\n":                                             "malformed HTTP",
		head + "Content-Length: 40\r\n\r\npong":                           "unexpected EOF",
		"":                                                                "EOF",
	} {
		near, far := net.Pipe()
		go func() {
			buffer := make([]byte, 4096)
			n, _ := far.Read(buffer)
			if got := string(buffer[:n]); !strings.HasPrefix(got, "GET /v1/ping HTTP/1.1\r\nHost: agent\r\n") {
				t.Errorf("asked with %q", got)
			}
			_, _ = io.WriteString(far, answer)
			_ = far.Close()
		}()
		conn, err := transport.Answers("/v1/ping")(t.Context(), near)
		if got := fmt.Sprint(err); want == "" && (err != nil || conn != near) || !strings.Contains(got, want) {
			t.Errorf("%q: %v; want %q", answer, err, want)
		}
		_ = near.Close()
	}
}

// Waiting for an answer, or for a handshake, ends with the context.
func TestStepsCanceled(t *testing.T) {
	for name, step := range map[string]transport.Step{
		"answer":    transport.Answers("/v1/ping"),
		"handshake": transport.TLS(&tls.Config{ServerName: "x", MinVersion: tls.VersionTLS13}),
	} {
		near, far := net.Pipe()
		go func() { _, _ = io.Copy(io.Discard, far) }()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if _, err := step(ctx, near); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
		_ = far.Close()
	}
}
