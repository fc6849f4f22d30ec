package transport_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// way is a Dialer that answers after a time, with an error or a connection. It
// can be changed while it is in use.
type way struct {
	name  string
	mu    sync.Mutex
	delay time.Duration
	err   error
	dials int
	open  atomic.Int32
}

const never = 1000 * time.Hour

var errRefused = errors.New("refused")

func works(name string, delay time.Duration) *way { return &way{name: name, delay: delay} }

func fails(name string, delay time.Duration) *way {
	return &way{name: name, delay: delay, err: errRefused}
}

func (w *way) Name() string { return w.name }

func (w *way) set(delay time.Duration, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.delay, w.err = delay, err
}

func (w *way) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dials
}

func (w *way) Dial(ctx context.Context) (net.Conn, error) {
	w.mu.Lock()
	w.dials++
	delay, err := w.delay, w.err
	w.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	near, far := net.Pipe()
	w.open.Add(1)
	return &countedConn{Conn: near, way: w, far: far}, nil
}

type countedConn struct {
	net.Conn
	way  *way
	far  net.Conn
	once sync.Once
}

func (c *countedConn) Close() error {
	c.once.Do(func() { c.way.open.Add(-1) })
	_ = c.far.Close()
	return c.Conn.Close()
}

// lines collects what a Chooser traces.
type lines struct {
	mu   sync.Mutex
	list []string
}

func (l *lines) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, line)
}

func (l *lines) drain() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer func() { l.list = nil }()
	return l.list
}
