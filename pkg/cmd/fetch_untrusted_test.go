package cmd

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
)

// A store whose certificate is not trusted is asked once: no retry can change that.
func TestFetchDoesNotRetryUntrustedStore(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
	} {
		t.Setenv(name, value)
	}
	var connections atomic.Int32
	web := httptest.NewUnstartedServer(http.NotFoundHandler())
	web.Config.ErrorLog = log.New(io.Discard, "", 0)
	web.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	web.StartTLS()
	t.Cleanup(web.Close)
	got := execute(t, faketest.New(), "fetch", "s3://results/x", "-d", "x", "--endpoint-url="+web.URL)
	if got.Status != 1 || !strings.Contains(got.Stderr, "x509: ") || connections.Load() != 1 {
		t.Errorf("%d connections: %+v", connections.Load(), got)
	}
}
