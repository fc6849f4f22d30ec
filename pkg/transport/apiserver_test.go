package transport_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

const tunnelPath = "/api/v1/namespaces/lab/pods/fetch-x:8443/proxy/tunnel"

// apiServer plays the API server's part of a tunnel, over real sockets.
type apiServer struct {
	*httptest.Server
	// answer is asked before an upgrade; true means that it has answered.
	answer func(http.ResponseWriter, *http.Request) bool
	// serve is the program in the pod.
	serve func(net.Conn)

	mu       sync.Mutex
	requests []*http.Request
	early    int // bytes that came before the 101
}

func newAPIServer(t *testing.T) *apiServer {
	t.Helper()
	s := &apiServer{
		answer: func(http.ResponseWriter, *http.Request) bool { return false },
		serve:  func(conn net.Conn) { _, _ = io.Copy(conn, conn) },
	}
	s.Server = httptest.NewUnstartedServer(s)
	s.EnableHTTP2 = true // as the real one; the tunnel must not use it
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func (s *apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests = append(s.requests, r)
	s.mu.Unlock()
	if s.answer(w, r) {
		return
	}
	if r.URL.Path != tunnelPath || r.Method != http.MethodGet || r.Header.Get("Connection") != "Upgrade" {
		http.Error(w, "not what a tunnel asks for", http.StatusTeapot)
		return
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer func() { _ = conn.Close() }()
	s.mu.Lock()
	s.early += buffered.Reader.Buffered()
	s.mu.Unlock()
	_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "+r.Header.Get("Upgrade")+"\r\n\r\n")
	s.serve(conn)
}

func (s *apiServer) received() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

func (s *apiServer) config() *rest.Config {
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	return &rest.Config{Host: s.URL, BearerToken: "secret", TLSClientConfig: rest.TLSClientConfig{CAData: authority}}
}

func (s *apiServer) tunnel(t *testing.T) *transport.Tunnel {
	t.Helper()
	return newTunnel(t, s.config())
}

func newTunnel(t *testing.T, config *rest.Config) *transport.Tunnel {
	t.Helper()
	tunnel, err := transport.NewTunnel(config, "lab", "fetch-x", 8443)
	if err != nil {
		t.Fatal(err)
	}
	return tunnel
}

// inside returns both ends' settings for TLS inside of the tunnel.
func (s *apiServer) inside() (client, server *tls.Config) {
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return &tls.Config{RootCAs: roots, ServerName: "example.com", MinVersion: tls.VersionTLS13},
		&tls.Config{Certificates: s.TLS.Certificates, MinVersion: tls.VersionTLS13}
}

// silentListener accepts nobody: the kernel takes the connection, nobody answers.
func silentListener(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().String()
}

// noneLeft waits until no goroutine runs what any of the words name.
func noneLeft(t *testing.T, words ...string) {
	t.Helper()
	var rest string
	for range 3000 {
		rest = ""
		stacks := make([]byte, 1<<20)
		for stack := range strings.SplitSeq(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
			for _, word := range words {
				if strings.Contains(stack, word) {
					rest = stack
				}
			}
		}
		if rest == "" {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("left behind:\n%s", rest)
}
