package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/util/exec"
)

// Exec is the Executor that goes through the pods/exec of the API server:
// WebSocket first, SPDY where that fails before the first byte went either way.
type Exec struct {
	config    *rest.Config
	client    kubernetes.Interface
	webSocket bool
}

// NewExec returns an Exec for the cluster of config. With webSocket false only
// SPDY is used, as kubectl does where KUBECTL_REMOTE_COMMAND_WEBSOCKETS=false.
func NewExec(config *rest.Config, webSocket bool) (*Exec, error) {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return &Exec{config: config, client: client, webSocket: webSocket}, nil
}

// Exec runs argv in the container. See Executor for what a nil error means.
func (e *Exec) Exec(ctx context.Context, at Container, argv []string, stdio Stdio) error {
	request := e.request(at, argv, stdio)
	if e.webSocket {
		counted := &counter{}
		err := e.overWebSocket(ctx, request, counted.wrap(stdio))
		if !worthSPDY(ctx, err, counted) {
			return err
		}
	}
	executor, err := remotecommand.NewSPDYExecutor(e.config, "POST", request.URL())
	if err != nil {
		return fmt.Errorf("preparing exec in pod %q: %w", at.Pod, err)
	}
	return executor.StreamWithContext(ctx, streams(stdio))
}

func (e *Exec) request(at Container, argv []string, stdio Stdio) *rest.Request {
	return e.client.CoreV1().RESTClient().Post().
		Resource("pods").Namespace(at.Namespace).Name(at.Pod).SubResource("exec").
		VersionedParams(&corev1.PodExecOptions{
			Container: at.Name, Command: argv,
			Stdin: stdio.In != nil, Stdout: stdio.Out != nil, Stderr: stdio.Err != nil,
		}, scheme.ParameterCodec)
}

func (e *Exec) overWebSocket(ctx context.Context, request *rest.Request, stdio Stdio) error {
	executor, err := remotecommand.NewWebSocketExecutor(e.config, "GET", request.URL().String())
	if err != nil {
		return err
	}
	return executor.StreamWithContext(ctx, streams(stdio))
}

// worthSPDY reports whether a failed WebSocket exec can be tried over SPDY: the
// program must not have begun to talk, and must not have ended by itself.
func worthSPDY(ctx context.Context, err error, counted *counter) bool {
	var ended exec.CodeExitError
	return err != nil && ctx.Err() == nil && counted.bytes.Load() == 0 && !errors.As(err, &ended)
}

func streams(stdio Stdio) remotecommand.StreamOptions {
	return remotecommand.StreamOptions{Stdin: stdio.In, Stdout: stdio.Out, Stderr: stdio.Err}
}

// counter counts the bytes that went through a Stdio, in both directions.
type counter struct{ bytes atomic.Int64 }

func (c *counter) wrap(stdio Stdio) Stdio {
	if stdio.In != nil {
		stdio.In = countedReader{stdio.In, c}
	}
	if stdio.Out != nil {
		stdio.Out = countedWriter{stdio.Out, c}
	}
	if stdio.Err != nil {
		stdio.Err = countedWriter{stdio.Err, c}
	}
	return stdio
}

type countedReader struct {
	io.Reader
	*counter
}

func (r countedReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.bytes.Add(int64(n))
	return n, err
}

type countedWriter struct {
	io.Writer
	*counter
}

func (w countedWriter) Write(p []byte) (int, error) {
	w.bytes.Add(int64(len(p)))
	return w.Writer.Write(p)
}
