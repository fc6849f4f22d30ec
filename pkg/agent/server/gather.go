package server

import (
	"crypto/tls"
	"net"
	"sync"
)

// gathered is how many bytes go to the kernel at once: TLS alone would give it
// one record of 16 KiB at a time, and each has a long way through the network of
// a node.
const gathered = 128 << 10

// gather is a connection below TLS that holds back what is written to it between
// hold and release.
type gather struct {
	net.Conn
	mu      sync.Mutex
	corked  bool
	pending []byte
}

// Write implements net.Conn.
func (g *gather) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.corked {
		return g.Conn.Write(p)
	}
	g.pending = append(g.pending, p...)
	if len(g.pending) < gathered {
		return len(p), nil
	}
	return len(p), g.flush()
}

func (g *gather) cork() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.corked = true
}

func (g *gather) uncork() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.corked = false
	return g.flush()
}

func (g *gather) flush() error {
	if len(g.pending) == 0 {
		return nil
	}
	_, err := g.Conn.Write(g.pending)
	g.pending = g.pending[:0]
	return err
}

// gathering is TLS over a gather: all records of one Write go together.
type gathering struct {
	*tls.Conn
	below *gather
}

// Write implements net.Conn.
func (g *gathering) Write(p []byte) (int, error) {
	g.below.cork()
	n, err := g.Conn.Write(p)
	if released := g.below.uncork(); err == nil && released != nil {
		return 0, released
	}
	return n, err
}
