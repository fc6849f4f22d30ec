package transport

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/util/exec"

	"github.com/kubectl-batch/kubectl-batch/pkg/cluster"
)

// Exec is the Executor that goes through the pods/exec of the API server:
// WebSocket first, SPDY where that fails before the first byte went either way.
type Exec struct {
	config    *rest.Config
	client    cluster.Interface
	protocols []protocol
}

// protocol runs one exec in its own way.
type protocol func(ctx context.Context, config *rest.Config, request *rest.Request, stdio Stdio) error

// NewExec returns an Exec for the cluster of config. With webSocket false only
// SPDY is used, as kubectl does where KUBECTL_REMOTE_COMMAND_WEBSOCKETS=false.
func NewExec(config *rest.Config, webSocket bool) (*Exec, error) {
	client, err := cluster.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	e := &Exec{config: config, client: client, protocols: []protocol{overSPDY}}
	if webSocket {
		e.protocols = []protocol{overWebSocket, overSPDY}
	}
	return e, nil
}

// A WebSocket is lost where an answer to a ping takes more than a minute to get
// through. Below this rate, in bytes a second, it can: the answer queues behind
// megabytes in the buffers on the way.
const slow = 256 << 10

// ForRate returns executor for streams that are read at no more than that many
// bytes a second: an Exec that prefers SPDY where a WebSocket would be lost. 0 or
// less is no limit; executors other than Exec stay as they are.
func ForRate(executor Executor, bytesPerSecond int64) Executor {
	e, ok := executor.(*Exec)
	if !ok || bytesPerSecond <= 0 || bytesPerSecond >= slow {
		return executor
	}
	protocols := slices.Clone(e.protocols)
	slices.Reverse(protocols)
	return &Exec{config: e.config, client: e.client, protocols: protocols}
}

// Exec runs argv in the container. See Executor for what a nil error means.
func (e *Exec) Exec(ctx context.Context, at Container, argv []string, stdio Stdio) error {
	request := e.request(at, argv, stdio)
	var err error
	for _, over := range e.protocols {
		used := &use{}
		err = over(ctx, e.config, request, used.wrap(stdio))
		if !worthAnother(ctx, err, used) {
			break
		}
	}
	return err
}

func (e *Exec) request(at Container, argv []string, stdio Stdio) *rest.Request {
	return e.client.CoreV1().RESTClient().Post().
		Resource("pods").Namespace(at.Namespace).Name(at.Pod).SubResource("exec").
		VersionedParams(&corev1.PodExecOptions{
			Container: at.Name, Command: argv,
			Stdin: stdio.In != nil, Stdout: stdio.Out != nil, Stderr: stdio.Err != nil,
		}, scheme.ParameterCodec)
}

func overWebSocket(ctx context.Context, config *rest.Config, request *rest.Request, stdio Stdio) error {
	executor, err := remotecommand.NewWebSocketExecutor(config, "GET", request.URL().String())
	if err != nil {
		return err
	}
	return executor.StreamWithContext(ctx, streams(stdio))
}

func overSPDY(ctx context.Context, config *rest.Config, request *rest.Request, stdio Stdio) error {
	executor, err := remotecommand.NewSPDYExecutor(config, "POST", request.URL())
	if err != nil {
		return err
	}
	return executor.StreamWithContext(ctx, streams(stdio))
}

// worthAnother reports whether a failed exec can be tried over another protocol:
// the program must not have begun to talk or to be talked to, and must not have
// ended by itself.
func worthAnother(ctx context.Context, err error, used *use) bool {
	var ended exec.CodeExitError
	return err != nil && ctx.Err() == nil && !used.begun.Load() && !errors.As(err, &ended)
}

func streams(stdio Stdio) remotecommand.StreamOptions {
	return remotecommand.StreamOptions{Stdin: stdio.In, Stdout: stdio.Out, Stderr: stdio.Err}
}

// use notices that a Stdio was used, in either direction.
type use struct{ begun atomic.Bool }

func (u *use) wrap(stdio Stdio) Stdio {
	if stdio.In != nil {
		stdio.In = watchedReader{stdio.In, u}
	}
	if stdio.Out != nil {
		stdio.Out = watchedWriter{stdio.Out, u}
	}
	if stdio.Err != nil {
		stdio.Err = watchedWriter{stdio.Err, u}
	}
	return stdio
}

type watchedReader struct {
	io.Reader
	*use
}

// Read begins with the asking: whoever waits for input here goes on waiting when
// the exec has failed, and would take the next one's first bytes.
func (r watchedReader) Read(p []byte) (int, error) {
	r.begun.Store(true)
	return r.Reader.Read(p)
}

type watchedWriter struct {
	io.Writer
	*use
}

func (w watchedWriter) Write(p []byte) (int, error) {
	w.begun.Store(true)
	return w.Writer.Write(p)
}
