// Package transport reaches a container: it runs a program there and carries
// the program's standard streams.
//
// What it does not promise: that all output arrived. An exec through the API
// server reports success for streams that were cut on the way, so whoever reads
// one needs a proof of the end inside the stream (see package archive).
package transport

import (
	"context"
	"io"
)

// Container names one container of a pod.
type Container struct {
	Namespace string
	Pod       string
	Name      string
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
	Exec(ctx context.Context, at Container, argv []string, stdio Stdio) error
}
