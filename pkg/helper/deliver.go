package helper

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

const (
	// stallTimeout is how long a delivery may transfer no data before it counts as lost. On a slow
	// link, the data in the system's buffers needs some time.
	stallTimeout = 2 * time.Minute
	// exitTimeout is how long the exec may take to end after the last response.
	exitTimeout = 5 * time.Second
	// maxLine is the limit of a response line of the script, in bytes.
	maxLine = 4 << 10
)

var (
	errStalled  = errors.New("no data transferred for " + stallTimeout.String())
	errUnproved = errors.New("the copy differs from the original")
)

// delivery is one exec of the script.
type delivery struct {
	nonce    string
	input    *io.PipeWriter
	output   *bufio.Reader
	messages messageBuffer
	ended    chan struct{}
	err      error // of exec, once it has ended
}

// deliver runs the script once.
func (i installer) deliver(parent context.Context) error {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	d := i.start(ctx, func() { cancel(errStalled) })
	err := d.sendAgent(i.binaries)
	d.awaitExit(func() { cancel(nil) })
	switch {
	case err == nil:
		return nil
	case parent.Err() != nil:
		return parent.Err()
	case errors.Is(context.Cause(ctx), errStalled):
		return &UndeliveredError{errStalled}
	}
	return d.explain(err)
}

// start starts the script and returns immediately.
func (i installer) start(ctx context.Context, stalled func()) *delivery {
	in, input := io.Pipe()
	pipe, out := io.Pipe()
	watchdog := time.AfterFunc(i.stallTimeout, stalled)
	onActivity := func() { watchdog.Reset(i.stallTimeout) }
	d := &delivery{nonce: rand.Text(), input: input, output: bufio.NewReaderSize(pipe, maxLine), ended: make(chan struct{}), messages: newMessageBuffer()}
	argv := []string{"sh", "-c", install, "sh", d.nonce, i.dir, i.pid, seconds(i.serveTimeout)}
	go func() {
		defer close(d.ended)
		d.err = i.exec.Exec(ctx, i.container, argv, transport.Stdio{In: activityReader{in, onActivity}, Out: activityWriter{out, onActivity}, Err: d.messages})
		watchdog.Stop()
		_ = out.Close() // a nil error proves nothing: the answer does
		_ = in.Close()
	}()
	return d
}

// awaitExit waits for the end of the script after its last response.
func (d *delivery) awaitExit(cancel func()) {
	_ = d.input.Close()
	timer := time.AfterFunc(exitTimeout, cancel)
	defer timer.Stop()
	_, _ = io.Copy(io.Discard, d.output)
	<-d.ended
}
