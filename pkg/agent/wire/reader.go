package wire

import (
	"bytes"
	"errors"
	"io"
)

// Reader reads the frames of a stream. The zero value needs a Reset before its first use.
type Reader struct {
	blocks blockReader
	decoder
	rest   cursor
	block  []byte
	frames uint64 // in block, so far
	digest digest
	ended  error
	bytes  [codecs]int64
}

// NewReader makes a Reader of src.
func NewReader(src io.Reader) *Reader {
	r := &Reader{}
	r.Reset(src)
	return r
}

// Reset begins to read src. It reuses the buffers of r, up to 2 MiB.
func (r *Reader) Reset(src io.Reader) {
	r.blocks.src = src
	r.rest = cursor{}
	r.block = nil
	r.frames = 0
	r.ended = nil
	r.frame, r.path = Frame{}, r.path[:0]
	r.digest = digest{}
	r.bytes = [codecs]int64{}
}

// Next returns the next frame, which is valid until the next call. io.EOF means that
// the stream is proven to be complete. Other errors are, or wrap, ErrTruncated or
// ErrCorrupt. After an error, all further calls return the same error.
func (r *Reader) Next() (*Frame, error) {
	for r.ended == nil {
		if len(r.rest.b) == 0 {
			r.ended = r.nextBlock()
			continue
		}
		if Kind(r.rest.b[0]) == kindEnd {
			r.ended = r.end()
			continue
		}
		if !r.readFrame(&r.rest) {
			r.ended = corrupt("invalid frame")
			continue
		}
		r.frames++
		if r.frame.Kind != kindBeat {
			return &r.frame, nil
		}
	}
	return nil, r.ended
}

// Received returns how many bytes, before compression, were received in blocks of codec.
func (r *Reader) Received(codec Codec) int64 {
	if codec >= codecs {
		return 0
	}
	return r.bytes[codec]
}

// nextBlock adds the current block to the digest and reads the next one.
func (r *Reader) nextBlock() error {
	if r.block != nil {
		r.digest.add(r.frames, len(r.block), sumOf(r.block))
	}
	block, codec, err := r.blocks.read()
	if errors.Is(err, io.EOF) {
		return ErrTruncated
	}
	if err != nil {
		return err
	}
	r.block, r.frames = block, 0
	r.rest = cursor{b: block}
	r.bytes[codec] += int64(len(block))
	return nil
}

// end compares the end frame with what was read. The frame must be alone in its block,
// and no block may follow it.
func (r *Reader) end() error {
	if r.frames != 0 || !bytes.Equal(r.block, r.digest.appendEnd(nil)) {
		return corrupt("checksum mismatch")
	}
	_, _, err := r.blocks.read()
	if err == nil || errors.Is(err, ErrCorrupt) {
		return corrupt("data after the end")
	}
	// The stream is proven to be complete, so that an error of the connection does not matter.
	return io.EOF
}
