package transport

import (
	"net"
	"os"
	"time"
)

// LocalAddr implements net.Conn: this end of the connection to the API server.
func (c *tunnelConn) LocalAddr() net.Addr {
	if c.wire == nil {
		return address{"tunnel", "here"}
	}
	return c.wire.LocalAddr()
}

// RemoteAddr implements net.Conn: the API server or the proxy before it.
func (c *tunnelConn) RemoteAddr() net.Addr {
	if c.wire == nil {
		return address{"tunnel", "there"}
	}
	return c.wire.RemoteAddr()
}

// SetDeadline implements net.Conn. As with every TLS connection, nothing can be
// written after a write that ran out of time.
func (c *tunnelConn) SetDeadline(t time.Time) error {
	if c.wire == nil {
		return os.ErrNoDeadline
	}
	return c.wire.SetDeadline(t)
}

// SetReadDeadline implements net.Conn.
func (c *tunnelConn) SetReadDeadline(t time.Time) error {
	if c.wire == nil {
		return os.ErrNoDeadline
	}
	return c.wire.SetReadDeadline(t)
}

// SetWriteDeadline implements net.Conn.
func (c *tunnelConn) SetWriteDeadline(t time.Time) error {
	if c.wire == nil {
		return os.ErrNoDeadline
	}
	return c.wire.SetWriteDeadline(t)
}

// address is a net.Addr of words.
type address struct{ network, name string }

// Network implements net.Addr.
func (a address) Network() string { return a.network }

// String implements net.Addr.
func (a address) String() string { return a.name }
