// Package transport reaches a container. An Executor runs a program there and
// carries its standard streams. A Dialer connects to a program there: through the
// API server's pods/proxy (Tunnel), or over the streams of an exec (ExecDialer).
// A Chooser takes the first of several Dialers that works, for one http.Client
// above it, and a Meter counts and limits what goes over the wire.
//
// What it does not promise: that all output arrived. An exec through the API server
// reports success for streams that were cut in transit. A reader needs a proof of the end
// inside the stream (see package tarproof). A Chooser does not repair a connection that
// is lost: it dials another one.
package transport

import (
	"context"
	"io"
)

// Container identifies one container of a pod.
type Container struct {
	Namespace string
	Pod       string
	Name      string // of the container
}

// Stdio holds the streams of a remote program. A nil stream is not opened.
type Stdio struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
}

// Executor runs argv in a container and returns when the program has ended or
// ctx is done, whichever is first. An ended program with a status other than 0
// gives an error that k8s.io/client-go/util/exec.CodeExitError describes.
// A nil error does not mean that the output is complete.
type Executor interface {
	Exec(ctx context.Context, container Container, argv []string, stdio Stdio) error
}
