package wire

import (
	"time"

	"github.com/klauspost/compress/s2"
)

// A block must have sampleSize bytes to be used as a sample. The time of a block below
// tiny bytes is not measured, because it would be too inexact.
const (
	sampleSize = 64 << 10
	tiny       = 16 << 10
)

// packed is a block on its way to the destination.
type packed struct {
	bytes  []byte // with the header
	raw    int
	frames uint64
	sum    [16]byte
}

// seal queues the block for the sink and begins another one.
func (w *Writer) seal() error {
	if err := w.sink.failure(); err != nil {
		return err
	}
	raw := w.block[headerLen:]
	if len(raw) >= tiny {
		w.meter.filled(len(raw), w.clock().Sub(w.since))
	}
	out := packed{raw: len(raw), frames: w.frames, sum: sumOf(raw), bytes: w.compressed()}
	if len(raw) >= tiny {
		w.meter.sealed(Codec(out.bytes[0]), len(raw), w.clock().Sub(w.since))
	}
	if err := w.sink.put(out); err != nil {
		w.free <- out.bytes[:0]
		return err
	}
	if w.block == nil {
		w.block = w.buffer()
	}
	w.block = w.block[:headerLen]
	w.frames = 0
	w.since = w.clock()
	return w.sink.failure()
}

// compressed returns the block in the form in which it is sent: compressed in another
// buffer, or, if compression does not help, the block itself. Then w.block is nil.
func (w *Writer) compressed() []byte {
	raw := w.block[headerLen:]
	codec := w.pick(raw)
	if codec != None {
		began := w.clock()
		out, ok := w.pack.shrink(codec, w.buffer()[:headerLen], raw)
		if !ok {
			w.measured(codec, raw, len(raw), began)
			w.free <- out[:0]
		} else {
			w.measured(codec, raw, len(out)-headerLen, began)
			putHeader(out, codec, len(raw), len(out)-headerLen)
			return out
		}
	}
	out := w.block
	w.block = nil
	putHeader(out, None, len(raw), len(raw))
	return out
}

// pick returns the codec for raw.
func (w *Writer) pick(raw []byte) Codec {
	if w.codec != Auto {
		return w.codec
	}
	codec, due := w.meter.current()
	if !due || len(raw) < sampleSize {
		return codec
	}
	w.sample(raw, codec)
	codec, _ = w.meter.current()
	return codec
}

// sample measures the other codecs with all of raw. The time for a small part of it
// would mostly be that of their initialization.
func (w *Writer) sample(raw []byte, except Codec) {
	began := w.clock()
	room := w.buffer()
	if w.pack.zstd == nil {
		w.pack.shrink(Zstd, room[:0], raw) // the first call creates tables, which would distort the measurement
	}
	for _, codec := range []Codec{S2, Zstd} {
		if codec == except {
			continue
		}
		start := w.clock()
		out, ok := w.pack.shrink(codec, room[:0], raw)
		size := len(out)
		if !ok {
			size = len(raw)
		}
		w.meter.packed(codec, len(raw), size, w.clock().Sub(start))
	}
	w.free <- room[:0]
	w.meter.sampled(w.clock().Sub(began))
}

// measured reports the compression of a block to the meter.
func (w *Writer) measured(codec Codec, raw []byte, wire int, began time.Time) {
	if len(raw) >= tiny {
		w.meter.packed(codec, len(raw), wire, w.clock().Sub(began))
	}
}

// buffer returns an empty buffer, with room for the header skipped.
func (w *Writer) buffer() []byte {
	select {
	case b := <-w.free:
		return b[:headerLen]
	default:
	}
	if w.allocated < buffers {
		w.allocated++
		return make([]byte, headerLen, headerLen+s2.MaxEncodedLen(blockSize))
	}
	return (<-w.free)[:headerLen]
}
