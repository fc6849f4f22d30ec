package transport

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	"k8s.io/client-go/rest"
)

// Exec is the Executor that uses pods/exec of the API server: with a WebSocket first, and
// with SPDY if that fails before the first byte in either direction.
type Exec struct {
	config    *rest.Config
	server    *url.URL
	protocols []protocol // in the order of preference
	slow      bool       // that order is one for slow streams
}

// NewExec returns an Exec for the cluster of config. With webSocket false only
// SPDY is used, as kubectl does where KUBECTL_REMOTE_COMMAND_WEBSOCKETS=false. Errors: the
// address of the server is invalid.
func NewExec(config *rest.Config, webSocket bool) (*Exec, error) {
	server, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, err
	}
	e := &Exec{config: config, server: server, protocols: []protocol{overSPDY}}
	if webSocket {
		e.protocols = []protocol{overWebSocket, overSPDY}
	}
	return e, nil
}

// slowRate is the rate, in bytes a second, below which a WebSocket can be lost: the response
// to a ping waits behind megabytes in buffers, and may then take more than the limit of a
// minute.
const slowRate = 256 << 10

// ForRate returns executor for streams that are read at that rate or slower: an Exec that
// prefers SPDY if a WebSocket could be lost. 0 or less means no limit. It returns executors
// other than Exec unchanged, and does nothing if applied twice.
func ForRate(executor Executor, bytesPerSecond int64) Executor {
	e, ok := executor.(*Exec)
	if !ok || e.slow || bytesPerSecond <= 0 || bytesPerSecond >= slowRate {
		return executor
	}
	protocols := slices.Clone(e.protocols)
	slices.Reverse(protocols)
	return &Exec{config: e.config, server: e.server, protocols: protocols, slow: true}
}

// Exec runs argv in the container. See Executor for what a nil error means.
func (e *Exec) Exec(ctx context.Context, container Container, argv []string, stdio Stdio) error {
	target := e.url(container, argv, stdio)
	var err error
	for _, execute := range e.protocols {
		used := &use{}
		err = execute(ctx, e.config, target, used.wrap(stdio))
		if !worthAnother(ctx, err, used) {
			break
		}
	}
	return err
}

// url returns the request of a typed client with a PodExecOptions. It is written out, because the typed clients bring
// every API group of Kubernetes into each program that has a transport.
func (e *Exec) url(container Container, argv []string, stdio Stdio) *url.URL {
	target := podURL(e.server, container.Namespace, container.Pod, "exec")
	options := url.Values{"command": argv}
	if container.Name != "" {
		options.Set("container", container.Name)
	}
	for name, used := range map[string]bool{"stdin": stdio.In != nil, "stdout": stdio.Out != nil, "stderr": stdio.Err != nil} {
		if used {
			options.Set(name, strconv.FormatBool(true))
		}
	}
	target.RawQuery = options.Encode()
	return target
}

// podURL returns the address of a pod's subresource. pod is the name of the pod, for the proxy with a port.
func podURL(server *url.URL, namespace, pod string, subresource ...string) *url.URL {
	return server.JoinPath(slices.Concat([]string{"api", "v1", "namespaces", namespace, "pods", pod}, subresource)...)
}
