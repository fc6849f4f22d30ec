package transport

import (
	"net"
	"sync"
	"time"
)

// live is the set of functions to call when its owner is closed.
type live struct {
	mu     sync.Mutex
	closed bool
	nextID int
	ends   map[int]func()
}

// add registers end, and remove removes it. The error is net.ErrClosed after close.
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

// register registers conn until it is closed. After close, it closes conn and returns
// net.ErrClosed.
func (l *live) register(conn net.Conn) (net.Conn, error) {
	remove, err := l.add(func() { _ = conn.Close() })
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return &keptConn{Conn: conn, remove: remove}, nil
}

// farewell is how long close waits for connections to close. A connection that does not
// respond could take seconds.
const farewell = 500 * time.Millisecond

// close calls all functions at the same time and waits for at most the time farewell.
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
