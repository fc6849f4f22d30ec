package transport

import (
	"context"
	"errors"
	"io"
	"net/url"
	"sync/atomic"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/util/exec"
)

// protocol runs an exec over one network protocol.
type protocol func(ctx context.Context, config *rest.Config, target *url.URL, stdio Stdio) error

func overWebSocket(ctx context.Context, config *rest.Config, target *url.URL, stdio Stdio) error {
	executor, err := remotecommand.NewWebSocketExecutor(config, "GET", target.String())
	if err != nil {
		return err
	}
	return executor.StreamWithContext(ctx, streams(stdio))
}

func overSPDY(ctx context.Context, config *rest.Config, target *url.URL, stdio Stdio) error {
	executor, err := remotecommand.NewSPDYExecutor(config, "POST", target)
	if err != nil {
		return err
	}
	return executor.StreamWithContext(ctx, streams(stdio))
}

// worthAnother reports whether a failed exec can be retried over another protocol: the
// streams must not have been used, and the program must not have exited.
func worthAnother(ctx context.Context, err error, used *use) bool {
	var ended exec.CodeExitError
	return err != nil && ctx.Err() == nil && !used.begun.Load() && !errors.As(err, &ended)
}

func streams(stdio Stdio) remotecommand.StreamOptions {
	return remotecommand.StreamOptions{Stdin: stdio.In, Stdout: stdio.Out, Stderr: stdio.Err}
}

// use records whether a Stdio was used, in either direction.
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

// Read marks the stream as used before it reads: a read that still waits after the exec has
// failed would receive the first bytes for the next exec.
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
