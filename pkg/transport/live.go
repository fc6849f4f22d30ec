package transport

import (
	"net"
	"sync"
	"time"
)

// live is what has to end when its owner is closed.
type live struct {
	mu     sync.Mutex
	closed bool
	nextID int
	ends   map[int]func()
}

// add registers end; remove takes it out again.
func (l *live) add(end func()) (remove func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, net.ErrClosed
	}
	if l.ends == nil {
		l.ends = map[int]func(){}
	}
	id := l.nextID
	l.nextID++
	l.ends[id] = end
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.ends, id)
	}, nil
}

// register registers conn until it is closed. Errors: it is too late, conn is closed.
func (l *live) register(conn net.Conn) (net.Conn, error) {
	remove, err := l.add(func() { _ = conn.Close() })
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return &keptConn{Conn: conn, remove: remove}, nil
}

// farewell is how long connections get to close: one that is stuck would take seconds.
const farewell = 500 * time.Millisecond

// close ends everything, side by side. It does not wait for what is stuck.
func (l *live) close() {
	l.mu.Lock()
	ends := l.ends
	l.ends, l.closed = nil, true
	l.mu.Unlock()
	var group sync.WaitGroup
	for _, end := range ends {
		group.Go(end)
	}
	closed := make(chan struct{})
	go func() {
		group.Wait()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(farewell):
	}
}

type keptConn struct {
	net.Conn
	remove func()
}

// Close implements net.Conn.
func (c *keptConn) Close() error {
	c.remove()
	return c.Conn.Close()
}
