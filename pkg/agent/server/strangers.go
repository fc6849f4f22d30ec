package server

import (
	"net"
	"sync"
)

// maxStrangers is how many unauthenticated connections may be open. Further ones are
// closed at once, so that other pods in the cluster cannot exhaust the agent's memory.
const maxStrangers = 64

// limited returns a listener that accepts at most maxConns unauthenticated connections.
func limited(listener net.Listener, maxConns int) net.Listener {
	return &limit{Listener: listener, slots: make(chan struct{}, maxConns)}
}

type limit struct {
	net.Listener
	slots chan struct{}
}

// Accept implements net.Listener.
func (l *limit) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		keepShort(conn)
		select {
		case l.slots <- struct{}{}:
			return &stranger{Conn: conn, release: func() { <-l.slots }}, nil
		default:
			_ = conn.Close()
		}
	}
}

// stranger is a connection that holds a slot until it is authenticated or closed.
type stranger struct {
	net.Conn
	once    sync.Once
	release func()
}

func (s *stranger) releaseSlot() { s.once.Do(s.release) }

// Close implements net.Conn.
func (s *stranger) Close() error {
	s.releaseSlot()
	return s.Conn.Close()
}
