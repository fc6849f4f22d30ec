package transport

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
)

// Exec is the Executor that uses pods/exec of the API server: with a WebSocket first, and
// with SPDY if that fails before the first byte in either direction.
type Exec struct {
	config    *rest.Config
	client    clients.Interface
	protocols []protocol // in the order of preference
	slow      bool       // that order is one for slow streams
}

// NewExec returns an Exec for the cluster of config. With webSocket false only
// SPDY is used, as kubectl does where KUBECTL_REMOTE_COMMAND_WEBSOCKETS=false.
func NewExec(config *rest.Config, webSocket bool) (*Exec, error) {
	client, err := clients.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	e := &Exec{config: config, client: client, protocols: []protocol{overSPDY}}
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
	return &Exec{config: e.config, client: e.client, protocols: protocols, slow: true}
}

// Exec runs argv in the container. See Executor for what a nil error means.
func (e *Exec) Exec(ctx context.Context, container Container, argv []string, stdio Stdio) error {
	request := e.request(container, argv, stdio)
	var err error
	for _, execute := range e.protocols {
		used := &use{}
		err = execute(ctx, e.config, request, used.wrap(stdio))
		if !worthAnother(ctx, err, used) {
			break
		}
	}
	return err
}

func (e *Exec) request(container Container, argv []string, stdio Stdio) *rest.Request {
	return e.client.CoreV1().RESTClient().Post().
		Resource("pods").Namespace(container.Namespace).Name(container.Pod).SubResource("exec").
		VersionedParams(&corev1.PodExecOptions{
			Container: container.Name, Command: argv,
			Stdin: stdio.In != nil, Stdout: stdio.Out != nil, Stderr: stdio.Err != nil,
		}, scheme.ParameterCodec)
}
