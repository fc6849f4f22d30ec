package server

import (
	"context"
	"sync"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
)

// writers lends at most MaxStreams writers at a time, which limits the memory. It lends the
// writer that was used last, because its measurement of the link is the newest.
type writers struct {
	slots  chan struct{}
	config wire.Config
	mu     sync.Mutex
	idle   []*wire.Writer
}

func newWriters(config wire.Config) *writers {
	return &writers{slots: make(chan struct{}, MaxStreams), config: config}
}

// acquire waits for a free slot and returns a writer.
func (w *writers) acquire(ctx context.Context) (*wire.Writer, error) {
	select {
	case w.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	index := len(w.idle) - 1
	if index < 0 {
		return wire.NewWriter(w.config), nil
	}
	writer := w.idle[index]
	w.idle = w.idle[:index]
	return writer, nil
}

// release takes a writer back. It must have been stopped.
func (w *writers) release(writer *wire.Writer) {
	w.mu.Lock()
	w.idle = append(w.idle, writer)
	w.mu.Unlock()
	<-w.slots
}
