package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"k8s.io/utils/clock"
)

// execConn is a connection over the streams of an exec. Write returns when the bytes are in
// a buffer, before they arrive.
type execConn struct {
	container Container
	clock     clock.PassiveClock
	grace     time.Duration
	in, out   *ring // of the program
	cancel    context.CancelFunc
	done      chan struct{} // closed when the exec has ended
	ended     error         // readable then; never nil
	closed    atomic.Bool
}

func (c *execConn) run(ctx context.Context, executor Executor, argv []string) {
	defer c.cancel()
	stderr := newHead()
	err := executor.Exec(ctx, c.container, argv, Stdio{In: c.in, Out: c.out, Err: stderr})
	c.ended = io.EOF
	if text := stderr.String(); err != nil || text != "" {
		c.ended = &ExecError{Program: strings.Join(argv, " "), Pod: c.container.Pod, Stderr: text, Err: err}
	}
	close(c.done)
	c.in.end(io.EOF)
	c.out.end(c.ended)
}

// Read implements net.Conn. After the program's last output it returns io.EOF if the program
// succeeded and wrote nothing to stderr, otherwise an *ExecError.
func (c *execConn) Read(p []byte) (int, error) { return c.out.Read(p) }

// Write implements net.Conn. After the program's end it returns the same error as Read,
// but io.ErrClosedPipe instead of io.EOF.
func (c *execConn) Write(p []byte) (int, error) {
	n, err := c.in.Write(p)
	if !errors.Is(err, io.ErrClosedPipe) {
		return n, err
	}
	if c.closed.Load() {
		return n, net.ErrClosed
	}
	if ended, ok := errors.AsType[*ExecError](c.ended); ok { // written before the input ended
		return n, ended
	}
	return n, err
}

// Close implements net.Conn. It ends the program's input, and the exec after the grace
// period. It does not wait for either. Data that was written just before it may be lost.
func (c *execConn) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	c.in.end(io.EOF)
	c.out.abandon()
	kill := time.AfterFunc(c.grace, c.cancel)
	go func() {
		<-c.done
		kill.Stop()
	}()
	return nil
}

// LocalAddr implements net.Conn.
func (*execConn) LocalAddr() net.Addr { return address{"exec", "here"} }

// RemoteAddr implements net.Conn.
func (c *execConn) RemoteAddr() net.Addr {
	return address{"exec", c.container.Namespace + "/" + c.container.Pod + "/" + c.container.Name}
}

// SetDeadline implements net.Conn.
func (c *execConn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline implements net.Conn.
func (c *execConn) SetReadDeadline(t time.Time) error {
	c.out.setReadDeadline(c.clock, t)
	return nil
}

// SetWriteDeadline implements net.Conn.
func (c *execConn) SetWriteDeadline(t time.Time) error {
	c.in.setWriteDeadline(c.clock, t)
	return nil
}
