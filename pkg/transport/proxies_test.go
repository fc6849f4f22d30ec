package transport_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"

	"k8s.io/client-go/rest"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/proxytest"
)

// The proxy that a kubeconfig names is on the way, whichever it is.
func TestTunnelThroughProxy(t *testing.T) {
	server := newAPIServer(t)
	address, connects := proxytest.Start(t)
	config := server.config()
	config.Proxy = http.ProxyURL(address)
	echoes(t, dial(t, newTunnel(t, config)), 1<<20)
	if connects.Load() != 1 {
		t.Errorf("%d connections through the proxy", connects.Load())
	}
}

// A reverse proxy in front of the API server and a plain http server, as kubectl
// proxy is both, pass the upgrade on.
func TestTunnelThroughReverseProxy(t *testing.T) {
	server := newAPIServer(t)
	target, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.Transport = server.Client().Transport.(*http.Transport).Clone()
	proxy.Transport.(*http.Transport).ForceAttemptHTTP2 = false
	proxy.Transport.(*http.Transport).TLSClientConfig.NextProtos = []string{"http/1.1"}
	front := httptest.NewServer(proxy)
	defer front.Close()
	echoes(t, dial(t, newTunnel(t, &rest.Config{Host: front.URL})), 1<<20)
}

// Wrappers of the config see the request; a transport of the config is used.
func TestTunnelWrapped(t *testing.T) {
	server := newAPIServer(t)
	var count atomic.Int32
	config := server.config()
	config.Wrap(func(inner http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			count.Add(1)
			return inner.RoundTrip(r)
		})
	})
	echoes(t, dial(t, newTunnel(t, config)), 10)
	base := server.Client().Transport.(*http.Transport).Clone()
	base.ForceAttemptHTTP2, base.TLSClientConfig.NextProtos = false, []string{"http/1.1"}
	bring := &rest.Config{Host: server.URL, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		count.Add(1)
		return base.RoundTrip(r)
	})}
	echoes(t, dial(t, newTunnel(t, bring)), 10)
	if count.Load() != 2 {
		t.Errorf("%d requests seen", count.Load())
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
