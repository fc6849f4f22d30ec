package wire

import (
	"errors"
	"io"
	"time"
)

const (
	// blockSize is how much a Writer puts into a block. It fits a processor's
	// cache; larger ones compress no better.
	blockSize = 256 << 10
	// buffers is how many blocks a Writer has: one is filled, one receives compressed
	// data, one waits in the queue, one is written.
	buffers = 4
	// smallData is the least room worth beginning a data frame in.
	smallData = 16 << 10
	// DefaultBeat is the interval at which a Writer without data sends a heartbeat.
	DefaultBeat = 5 * time.Second
)

// Writer writes the frames of a stream. Its methods except Stop must not be called
// at the same time. Errors are errors of the destination. After an error, all further
// calls return it.
type Writer struct {
	clock func() time.Time
	beat  time.Duration
	codec Codec
	meter *meter
	pack  compressor

	block     []byte // the header's room, then frames
	frames    uint64
	previous  string // the path of the node before
	since     time.Time
	allocated int
	free      chan []byte
	sink      *sink
}

// Config configures a Writer.
type Config struct {
	// Now is the clock.
	Now  func() time.Time
	Beat time.Duration // DefaultBeat if zero
}

// NewWriter creates a Writer, which needs a Start before its first use. Reuse it for the
// next stream: it holds 1 MiB of buffers and the measured rate of the link.
func NewWriter(c Config) *Writer {
	if c.Beat == 0 {
		c.Beat = DefaultBeat
	}
	return &Writer{clock: c.Now, beat: c.Beat, meter: newMeter(), free: make(chan []byte, buffers)}
}

// Start begins a stream to dst, which is flushed when nothing is left to write.
// It must be followed by Finish or Stop.
func (w *Writer) Start(dst Destination, codec Codec) {
	w.codec = codec
	w.frames = 0
	w.previous = ""
	w.meter.restart()
	w.sink = &sink{
		dst: dst, clock: w.clock, beat: w.beat, meter: w.meter, free: w.free,
		queue: make(chan packed, 1), failed: make(chan struct{}), done: make(chan struct{}),
	}
	go w.sink.run()
	w.block = w.buffer()
	w.since = w.clock()
}

// Destination is where a Writer writes. Each Write is one block.
type Destination interface {
	io.Writer
	Flush() error
}

// Node writes one entry of a tree.
func (w *Writer) Node(n Node) error {
	if err := w.room(len(n.Path) + len(n.Target) + len(n.Refused) + frameHead); err != nil {
		return err
	}
	w.frame(appendNode(w.block, &n, w.previous))
	w.previous = n.Path
	return nil
}

// frameHead is more than the fields of fixed and numeric kind of any frame take.
const frameHead = 128

// File begins a file.
func (w *Writer) File(f File) error {
	if err := w.room(frameHead); err != nil {
		return err
	}
	if f.Size-f.Offset >= blockSize {
		w.meter.contentChanged()
	}
	w.frame(appendFile(w.block, f))
	return nil
}

// Data returns a buffer for at most n bytes of a file's content. The caller fills it and
// calls Commit before any other method.
func (w *Writer) Data(n int64) ([]byte, error) {
	if err := w.room(dataHead + int(min(n, smallData))); err != nil {
		return nil, err
	}
	start := len(w.block) + dataHead
	end := int(min(int64(start)+n, int64(headerLen+blockSize)))
	return w.block[start:end], nil
}

// Commit writes the first n bytes of what Data returned. Zero writes nothing.
func (w *Writer) Commit(n int) {
	if n == 0 {
		return
	}
	start := len(w.block)
	block := w.block[:start+dataHead+n]
	putDataHead(block[start:], n)
	w.frame(block)
}

// Hole writes a run of n zeros without sending them. n must be above 0.
func (w *Writer) Hole(n int64) error {
	if err := w.room(frameHead); err != nil {
		return err
	}
	w.frame(appendHole(w.block, n))
	return nil
}

// FileEnd ends a file.
func (w *Writer) FileEnd(e FileEnd) error {
	if err := w.room(frameHead); err != nil {
		return err
	}
	w.frame(appendFileEnd(w.block, e))
	return nil
}

// Failure writes the reason why there is no content, or no further content, of a file.
func (w *Writer) Failure(f Failure) error {
	if err := w.room(len(f.Text) + frameHead); err != nil {
		return err
	}
	w.frame(appendFailure(w.block, f))
	return nil
}

// Sum writes a hash.
func (w *Writer) Sum(s Sum) error {
	if err := w.room(frameHead); err != nil {
		return err
	}
	w.frame(appendSum(w.block, s))
	return nil
}

// frame sets the block, to which the caller has appended one frame.
func (w *Writer) frame(block []byte) {
	w.block = block
	w.frames++
}

// room makes sure that a frame of n bytes fits into the block.
func (w *Writer) room(n int) error {
	if n > blockSize {
		return ErrTooLarge
	}
	if len(w.block)+n <= headerLen+blockSize {
		return nil
	}
	return w.seal()
}

// Finish writes what is left and the end frame, and waits for both.
func (w *Writer) Finish() error {
	err := w.sealLast()
	if err == nil {
		w.sink.whole = true
	}
	w.Stop()
	return errors.Join(err, w.sink.err)
}

// Stop ends the stream without an end frame, unless Finish has ended it. It waits for a
// Write that is in progress.
func (w *Writer) Stop() {
	if w.sink == nil {
		return
	}
	w.sink.close.Do(func() { close(w.sink.queue) })
	<-w.sink.done
	if w.block != nil {
		w.free <- w.block[:0]
		w.block = nil
	}
}

// sealLast seals the block unless it is empty.
func (w *Writer) sealLast() error {
	if w.frames == 0 {
		return w.sink.failure()
	}
	return w.seal()
}
