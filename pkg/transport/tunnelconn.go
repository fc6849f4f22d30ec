package transport

import (
	"io"
	"net"
	"os"
	"time"
)

// tunnelConn is the body of a response with status 101, with the deadlines and addresses of
// the connection below it.
type tunnelConn struct {
	stream  io.ReadWriteCloser
	wire    net.Conn // nil if a wrapper hides it
	release func()
}

// Read implements net.Conn. Over TLS a read returns one record, 16 KiB at most.
func (c *tunnelConn) Read(p []byte) (int, error) { return c.stream.Read(p) }

// Write implements net.Conn.
func (c *tunnelConn) Write(p []byte) (int, error) { return c.stream.Write(p) }

// Close implements net.Conn. There is no half close: the API server ends both
// directions when one ends.
func (c *tunnelConn) Close() error {
	defer c.release()
	return c.stream.Close()
}

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

// address is a net.Addr without a real address.
type address struct{ network, name string }

// Network implements net.Addr.
func (a address) Network() string { return a.network }

// String implements net.Addr.
func (a address) String() string { return a.name }
