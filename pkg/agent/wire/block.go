package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// MaxBlock is the most bytes that one block may hold, before compression.
const MaxBlock = 1 << 20

// headerLen is the length of a block's header: its codec, its length before
// compression and its length on the wire.
const headerLen = 1 + 4 + 4

// putHeader writes the header of a block into the first bytes of b.
func putHeader(b []byte, codec Codec, raw, wire int) {
	b[0] = byte(codec)
	binary.BigEndian.PutUint32(b[1:], uint32(raw))
	binary.BigEndian.PutUint32(b[5:], uint32(wire))
}

// blockReader reads blocks; what it returns is valid until the next call.
type blockReader struct {
	src    io.Reader
	expand expander
	header [headerLen]byte
	wire   []byte
	raw    []byte
}

// read returns the content of the next block. io.EOF means that the source ended
// between two blocks. It does not prove that the stream is complete.
func (b *blockReader) read() ([]byte, Codec, error) {
	if n, err := io.ReadFull(b.src, b.header[:]); err != nil {
		if n == 0 && errors.Is(err, io.EOF) {
			return nil, None, io.EOF
		}
		return nil, None, cut(err)
	}
	codec := Codec(b.header[0])
	raw := binary.BigEndian.Uint32(b.header[1:])
	wire := binary.BigEndian.Uint32(b.header[5:])
	if !plausible(codec, raw, wire) {
		return nil, None, corrupt("invalid block header")
	}
	b.raw = sized(b.raw, int(raw))
	if codec == None {
		_, err := io.ReadFull(b.src, b.raw)
		return b.raw, codec, cut(err)
	}
	b.wire = sized(b.wire, int(wire))
	if _, err := io.ReadFull(b.src, b.wire); err != nil {
		return nil, None, cut(err)
	}
	return b.raw, codec, b.expand.expand(codec, b.raw, b.wire)
}

// plausible reports whether a Writer can have written a header with these values.
func plausible(codec Codec, raw, wire uint32) bool {
	switch {
	case codec >= codecs, raw == 0, raw > MaxBlock, wire == 0:
		return false
	case codec == None:
		return wire == raw
	}
	return wire < raw
}

// sized is b with length n, which the caller has bounded.
func sized(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n)
	}
	return b[:n]
}

// cut turns an error in the middle of a block into ErrTruncated. It wraps an error
// other than the end of the source, because that error has the cause.
func cut(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrTruncated
	}
	return fmt.Errorf("%w: %w", ErrTruncated, err)
}
