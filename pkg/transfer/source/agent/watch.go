package agent

import (
	"context"
	"fmt"
	"io"
	"time"
)

// silentError is why a stream is given up that may still be open.
type silentError struct{ timeout time.Duration }

// Error implements error.
func (e *silentError) Error() string { return fmt.Sprintf("no data received for %s", e.timeout) }

// watch cancels a request whose answer is waited for too long. It runs only
// while somebody waits: whoever is slow to take what came is no sign of a lost
// agent.
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
