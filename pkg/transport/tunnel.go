package transport

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
)

// Tunnel dials a port of a pod through the API server's pods/proxy. The program in the pod
// accepts an HTTP Upgrade, and then the API server copies bytes. Kubelet and container
// runtime are not involved. The user needs the verb get on pods/proxy.
//
// Each connection is a separate TCP connection to the API server, over HTTP/1.1, and has
// no content before the status 101. The API server and the network between it and the pod
// can read the content: use TLS inside.
type Tunnel struct {
	base        *http.Transport // nil where the config brings its own
	round       http.RoundTripper
	target      *url.URL
	description string
}

// NewTunnel returns a Tunnel to a port of a pod. It uses the proxies, certificate
// authorities, credentials, impersonation and wrappers of config. Errors: the config is
// invalid.
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
		target:      podURL(server, namespace, pod+":"+strconv.Itoa(port), "proxy", wire.TunnelPath),
		description: fmt.Sprintf("a tunnel to port %d of pod %q", port, pod),
	}, nil
}

// Name implements Dialer.
func (*Tunnel) Name() string { return "tunnel" }

// Dial implements Dialer. Errors: a *RefusedError if the API server responded, otherwise
// an error of the network or of the credentials.
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
