//go:build unix

package transport_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// The credentials of a plugin go with the request, and one that the cluster no
// longer takes is renewed within the dial.
func TestTunnelExecCredentials(t *testing.T) {
	server := newAPIServer(t)
	token := filepath.Join(t.TempDir(), "token")
	write := func(text string) {
		if err := os.WriteFile(token, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	valid := "first"
	server.answer = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("Authorization") == "Bearer "+valid {
			return false
		}
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}
	write("first")
	config := server.config()
	config.BearerToken = ""
	const credential = `{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}`
	config.ExecProvider = &clientcmdapi.ExecConfig{
		Command: "sh", Args: []string{"-c", fmt.Sprintf(`printf '`+credential+`' "$(cat %s)"`, "%s", token)},
		APIVersion: "client.authentication.k8s.io/v1", InteractiveMode: clientcmdapi.NeverExecInteractiveMode,
	}
	tunnel := newTunnel(t, config)
	echoes(t, dial(t, tunnel), 100)
	write("second")
	valid = "second"
	echoes(t, dial(t, tunnel), 100)
	if got := len(server.received()); got != 3 {
		t.Errorf("%d requests; want 3", got)
	}
}
