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
	// silence is how long nothing may move before a delivery counts as lost. What
	// the system's buffers hold takes a while on a slow link.
	silence = 2 * time.Minute
	// farewell is how long an exec may take to end once all is said.
	farewell = 5 * time.Second
	// mostLine bounds an answer of the script in bytes.
	mostLine = 4 << 10
)

var (
	errStalled  = errors.New("no data transferred for " + silence.String())
	errUnproved = errors.New("the copy differs from the original")
)

// delivery is one exec of the script.
type delivery struct {
	nonce  string
	input  *io.PipeWriter
	output *bufio.Reader
	words  words
	ended  chan struct{}
	err    error // of exec, once it has ended
}

// deliver runs the script once.
func (i installer) deliver(parent context.Context) error {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	d := i.start(ctx, func() { cancel(errStalled) })
	err := d.talk(i.binaries)
	d.dismiss(func() { cancel(nil) })
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

// start runs the script and returns at once.
func (i installer) start(ctx context.Context, stalled func()) *delivery {
	in, input := io.Pipe()
	pipe, out := io.Pipe()
	watchdog := time.AfterFunc(i.silence, stalled)
	moved := func() { watchdog.Reset(i.silence) }
	d := &delivery{nonce: rand.Text(), input: input, output: bufio.NewReaderSize(pipe, mostLine), ended: make(chan struct{})}
	argv := []string{"sh", "-c", install, "sh", d.nonce, i.dir, i.pid, seconds(i.patience)}
	go func() {
		defer close(d.ended)
		d.err = i.exec.Exec(ctx, i.at, argv, transport.Stdio{In: heardReader{in, moved}, Out: heardWriter{out, moved}, Err: &d.words})
		watchdog.Stop()
		_ = out.Close() // a nil error proves nothing: the answer does
		_ = in.Close()
	}()
	return d
}

// dismiss waits for the end of the script, which has said its last word.
func (d *delivery) dismiss(cancel func()) {
	_ = d.input.Close()
	impatient := time.AfterFunc(farewell, cancel)
	defer impatient.Stop()
	_, _ = io.Copy(io.Discard, d.output)
	<-d.ended
}
