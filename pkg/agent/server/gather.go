package server

import (
	"crypto/tls"
	"net"
	"sync"
)

// gathered is how many bytes are written to the kernel at once. TLS alone would write
// one record of 16 KiB at a time, and each write is expensive in the network of a node.
const gathered = 128 << 10

// gather is a connection below TLS that collects what is written to it between cork and
// uncork.
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

// gathering is a TLS connection over a gather. It sends all records of one Write together.
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
