package agent

import (
	"context"
	"fmt"
	"io"
	"time"
)

// silentError says that no data was received for a time. The stream is then cancelled.
type silentError struct{ timeout time.Duration }

// Error implements error.
func (e *silentError) Error() string { return fmt.Sprintf("no data received for %s", e.timeout) }

// watch cancels a request if a read takes too long. It does not run between reads, because
// a slow consumer does not mean that the agent is lost.
type watch struct {
	timer   *time.Timer
	timeout time.Duration
}

func newWatch(timeout time.Duration, cancel context.CancelCauseFunc) *watch {
	w := &watch{timer: time.AfterFunc(timeout, func() { cancel(&silentError{timeout}) }), timeout: timeout}
	w.stop()
	return w
}

func (w *watch) start() { w.timer.Reset(w.timeout) }
func (w *watch) stop()  { w.timer.Stop() }

// watched is a body that is watched while it is read.
type watched struct {
	io.ReadCloser
	*watch
}

func (w *watched) Read(p []byte) (int, error) {
	w.start()
	defer w.stop()
	return w.ReadCloser.Read(p)
}
