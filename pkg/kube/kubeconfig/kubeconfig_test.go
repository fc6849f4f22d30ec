package kubeconfig_test

import (
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/proxytest"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/kubeconfig"
)

// upgrades is an API server that answers a tunnel with an echo.
func upgrades(t *testing.T, check func(*http.Request)) *httptest.Server {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		check(r)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: batch-tunnel\r\n\r\n")
		_, _ = io.Copy(conn, conn)
	}))
	t.Cleanup(server.Close)
	return server
}

// Suggested commands contain a list of files as it was typed.
func TestTakeList(t *testing.T) {
	t.Setenv("KUBECONFIG", "")
	for typed, arguments := range map[string]int{"": 0, "/nowhere/config": 2, "/nowhere/a" + string(os.PathListSeparator) + "/nowhere/b": 2} {
		flags, value := genericclioptions.NewConfigFlags(false), typed
		flags.KubeConfig = &value
		getter := kubeconfig.NewFlags(flags, func() bool { return true })
		getter.TakeList()
		if got := getter.Arguments(); len(got) != arguments || arguments > 0 && got[1] != typed {
			t.Errorf("%q: %q", typed, got)
		}
	}
}

// The proxy and the credentials of a kubeconfig, and the flags about
// the caller, also apply to tunnels.
func TestTunnel(t *testing.T) {
	server := upgrades(t, func(r *http.Request) {
		got := []string{r.URL.Path, r.Header.Get("Authorization"), r.Header.Get("Impersonate-User")}
		want := []string{"/api/v1/namespaces/lab/pods/fetch-x:7/proxy/tunnel", "Bearer secret", "dev"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
	proxy, connects := proxytest.Start(t)
	path := filepath.Join(t.TempDir(), "config")
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	text := fmt.Sprintf(`{"apiVersion": "v1", "kind": "Config", "current-context": "c",
		"clusters": [{"name": "c", "cluster": {"server": %q, "proxy-url": %q, "certificate-authority-data": %q}}],
		"users": [{"name": "u", "user": {"token": "secret"}}],
		"contexts": [{"name": "c", "context": {"cluster": "c", "user": "u", "namespace": "lab"}}]}`,
		server.URL, proxy.String(), base64.StdEncoding.EncodeToString(authority))
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	flags, dev := genericclioptions.NewConfigFlags(false), "dev"
	flags.KubeConfig, flags.Impersonate = &path, &dev
	getter := kubeconfig.NewFlags(flags, func() bool { return true })
	tunnel, err := getter.Tunnel("lab", "fetch-x", 7)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := tunnel.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	answer := make([]byte, 4)
	if _, err := io.WriteString(conn, "ping"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != "ping" {
		t.Errorf("%q, %v", answer, err)
	}
	if connects.Load() != 1 {
		t.Errorf("%d connections through the proxy", connects.Load())
	}
}
