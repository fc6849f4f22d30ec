package transport

import (
	"context"
	"io"
	"net"
	"sync/atomic"

	"golang.org/x/time/rate"
)

// Meter counts the bytes of all its connections and execs, and limits their common rate.
// Next to the network, it counts the bytes that are transferred, after compression and
// encryption.
type Meter struct {
	received, sent atomic.Int64
	limiter        *rate.Limiter // nil: no limit
}

// NewMeter returns a Meter with a limit for both directions together. 0 or less means no
// limit. The largest burst has the bytes of a tenth of a second.
func NewMeter(bytesPerSecond int64) *Meter {
	m := &Meter{}
	if bytesPerSecond > 0 {
		m.limiter = rate.NewLimiter(rate.Limit(bytesPerSecond), int(max(bytesPerSecond/10, 1)))
	}
	return m
}

// Received is the number of bytes that came from the cluster so far.
func (m *Meter) Received() int64 { return m.received.Load() }

// Sent is the number of bytes that went to the cluster so far.
func (m *Meter) Sent() int64 { return m.sent.Load() }

// part returns the start of p, at most as long as a burst.
func (m *Meter) part(p []byte) []byte {
	if m.limiter == nil {
		return p
	}
	return p[:min(len(p), m.limiter.Burst())]
}

// wait waits until n more bytes are within the limit. n must not exceed a burst.
func (m *Meter) wait(ctx context.Context, n int) error {
	if m.limiter == nil || n <= 0 {
		return nil
	}
	err := m.limiter.WaitN(ctx, n)
	if err != nil {
		<-ctx.Done() // WaitN returns early if it would miss the deadline
		return ctx.Err()
	}
	return nil
}

// Conn is a Step that counts and limits a connection. Waiting for the limit ignores the
// deadlines of the connection.
func (m *Meter) Conn(ctx context.Context, conn net.Conn) (net.Conn, error) {
	open, cancel := context.WithCancel(context.WithoutCancel(ctx))
	return &meteredConn{
		Conn: conn, cancel: cancel,
		in:  &meteredReader{conn, m, &m.received, open},
		out: &meteredWriter{conn, m, &m.sent, open},
	}, nil
}

// Executor returns executor with its streams counted and limited; see ForRate.
func (m *Meter) Executor(executor Executor) Executor {
	if m.limiter != nil {
		executor = ForRate(executor, int64(m.limiter.Limit()))
	}
	return meteredExecutor{executor, m}
}

// Reader counts and limits what is read from r, until ctx is done.
func (m *Meter) Reader(ctx context.Context, r io.Reader) io.Reader {
	return &meteredReader{r, m, &m.received, ctx}
}

type meteredExecutor struct {
	executor Executor
	meter    *Meter
}

// Exec implements Executor.
func (e meteredExecutor) Exec(ctx context.Context, container Container, argv []string, stdio Stdio) error {
	m := e.meter
	if stdio.In != nil {
		stdio.In = &meteredReader{stdio.In, m, &m.sent, ctx}
	}
	if stdio.Out != nil {
		stdio.Out = &meteredWriter{stdio.Out, m, &m.received, ctx}
	}
	if stdio.Err != nil {
		stdio.Err = &meteredWriter{stdio.Err, m, &m.received, ctx}
	}
	return e.executor.Exec(ctx, container, argv, stdio)
}

type meteredConn struct {
	net.Conn
	in     *meteredReader
	out    *meteredWriter
	cancel context.CancelFunc // wakes what waits for the limit
}

// Read implements net.Conn.
func (c *meteredConn) Read(p []byte) (int, error) { return c.in.Read(p) }

// Write implements net.Conn.
func (c *meteredConn) Write(p []byte) (int, error) {
	n, err := c.out.Write(p)
	if err != nil && c.out.open.Err() != nil {
		err = net.ErrClosed
	}
	return n, err
}

// Close implements net.Conn.
func (c *meteredConn) Close() error {
	c.cancel()
	return c.Conn.Close()
}

type meteredReader struct {
	io.Reader
	meter *Meter
	count *atomic.Int64
	open  context.Context //nolint:containedctx // the life of the stream, which its methods cannot be given
}

// Read implements io.Reader. It waits after reading, so that the bytes are within the limit.
// If the stream is closed meanwhile, it returns the bytes nevertheless.
func (r *meteredReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(r.meter.part(p))
	r.count.Add(int64(n))
	if waiting := r.meter.wait(r.open, n); waiting != nil && err == nil {
		err = waiting
	}
	return n, err
}

type meteredWriter struct {
	io.Writer
	meter *Meter
	count *atomic.Int64
	open  context.Context //nolint:containedctx // as above
}

// Write implements io.Writer.
func (w *meteredWriter) Write(p []byte) (int, error) {
	done := 0
	for done < len(p) {
		part := w.meter.part(p[done:])
		if err := w.meter.wait(w.open, len(part)); err != nil {
			return done, err
		}
		n, err := w.Writer.Write(part)
		w.count.Add(int64(n))
		done += n
		if err != nil {
			return done, err
		}
	}
	return done, nil
}
