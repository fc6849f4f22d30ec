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
	holding bool
	held    []byte
}

// Write implements net.Conn.
func (g *gather) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.holding {
		return g.Conn.Write(p)
	}
	g.held = append(g.held, p...)
	if len(g.held) < gathered {
		return len(p), nil
	}
	return len(p), g.flush()
}

func (g *gather) hold() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.holding = true
}

func (g *gather) release() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.holding = false
	return g.flush()
}

func (g *gather) flush() error {
	if len(g.held) == 0 {
		return nil
	}
	_, err := g.Conn.Write(g.held)
	g.held = g.held[:0]
	return err
}

// gathering is TLS over a gather: all records of one Write go together.
type gathering struct {
	*tls.Conn
	below *gather
}

// Write implements net.Conn.
func (g *gathering) Write(p []byte) (int, error) {
	g.below.hold()
	n, err := g.Conn.Write(p)
	if released := g.below.release(); err == nil && released != nil {
		return 0, released
	}
	return n, err
}
