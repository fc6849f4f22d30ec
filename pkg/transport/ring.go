package transport

import (
	"io"
	"net"
	"os"
	"sync"
	"time"

	"k8s.io/utils/clock"
)

// ring is one direction of a connection: a pipe with a buffer and deadlines. One goroutine
// writes and another one reads.
type ring struct {
	reading, writing sync.Mutex // held while one side copies, outside of mu

	mu        sync.Mutex
	readers   sync.Cond
	writers   sync.Cond
	buffer    []byte
	start     int // of what can be read
	filled    int
	ended     error // returned to the reader after the last byte
	abandoned bool  // the reader is closed
	read      deadline
	write     deadline
}

func newRing(size int) *ring {
	r := &ring{buffer: make([]byte, size)}
	r.readers.L, r.writers.L = &r.mu, &r.mu
	return r
}

// Read implements io.Reader.
func (r *ring) Read(p []byte) (int, error) {
	r.reading.Lock()
	defer r.reading.Unlock()
	part, err := r.readable()
	if err != nil {
		return 0, err
	}
	n := copy(p, part)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.start, r.filled = (r.start+n)%len(r.buffer), r.filled-n
	r.writers.Signal()
	return n, nil
}

// readable waits for bytes and returns those up to the end of the buffer.
func (r *ring) readable() ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		switch {
		case r.abandoned:
			return nil, net.ErrClosed
		case r.read.passed:
			return nil, os.ErrDeadlineExceeded
		case r.filled > 0:
			return r.buffer[r.start:min(r.start+r.filled, len(r.buffer))], nil
		case r.ended != nil:
			return nil, r.ended
		}
		r.readers.Wait()
	}
}

// Write implements io.Writer. It returns when all of p is in the buffer, or the reader is
// closed. After end, it returns io.ErrClosedPipe.
func (r *ring) Write(p []byte) (int, error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	done := 0
	for done < len(p) {
		part, err := r.writable()
		if err != nil {
			return done, err
		}
		n := copy(part, p[done:])
		done += n
		r.written(n)
		if part == nil {
			return len(p), nil
		}
	}
	return done, nil
}

// writable waits for free space and returns it up to the end of the buffer. It returns nil
// if the reader is closed.
func (r *ring) writable() ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		switch {
		case r.ended != nil:
			return nil, io.ErrClosedPipe
		case r.abandoned:
			return nil, nil
		case r.write.passed:
			return nil, os.ErrDeadlineExceeded
		case r.filled < len(r.buffer):
			end := (r.start + r.filled) % len(r.buffer)
			return r.buffer[end:min(end+len(r.buffer)-r.filled, len(r.buffer))], nil
		}
		r.writers.Wait()
	}
}

func (r *ring) written(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.filled += n
	r.readers.Signal()
}

// end makes the reader return err after the buffered bytes. Further calls do nothing.
func (r *ring) end(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended == nil {
		r.ended = err
	}
	r.wake()
}

// abandon closes the reader.
func (r *ring) abandon() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.abandoned = true
	r.wake()
}

func (r *ring) wake() {
	r.readers.Broadcast()
	r.writers.Broadcast()
}

// deadline is guarded by the ring's mu.
type deadline struct {
	timer  *time.Timer
	round  int // counts the deadlines, so that a late timer is ignored
	passed bool
}

func (r *ring) setReadDeadline(clk clock.PassiveClock, t time.Time) { r.arm(&r.read, clk, t) }

func (r *ring) setWriteDeadline(clk clock.PassiveClock, t time.Time) { r.arm(&r.write, clk, t) }

func (r *ring) arm(d *deadline, clk clock.PassiveClock, t time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
	}
	d.round++
	remaining, round := t.Sub(clk.Now()), d.round
	d.passed = !t.IsZero() && remaining <= 0
	if remaining > 0 {
		d.timer = time.AfterFunc(remaining, func() { r.expire(d, round) })
	}
	r.wake()
}

// expire marks a deadline as passed, unless another one has been set meanwhile.
func (r *ring) expire(d *deadline, round int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if d.round == round {
		d.passed = true
		r.wake()
	}
}
