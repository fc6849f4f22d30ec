package tarproof

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
)

// readAhead is how much a Reader asks its source for at once, in bytes.
const readAhead = 128 << 10

// Reader gives the bytes before the trailer of a stream, and io.EOF only when
// the trailer was seen: whoever reads tar from it cannot take a cut for the end.
// It never asks its source for a byte after the trailer, because the sender
// waits for an answer there.
type Reader struct {
	source io.Reader
	nonce  string
	hash   hash.Hash // nil: the sender has no hash to compare with

	// buffer[low:high] is read and not yet given; its last EndSize bytes are held
	// back, since they may be the trailer.
	buffer    []byte
	low, high int

	end End
	err error // why no more can be read; io.EOF after the trailer
}

// NewReader returns a Reader of a stream that was made with nonce. hashed says
// that the sender promised a hash; without it only the end is proven.
func NewReader(source io.Reader, nonce string, hashed bool) *Reader {
	r := &Reader{source: source, nonce: nonce, buffer: make([]byte, readAhead+EndSize)}
	if hashed {
		r.hash = sha256.New()
	}
	return r
}

// Read implements io.Reader. A stream that ends without its trailer gives an
// error that wraps ErrTruncated and the source's own.
func (r *Reader) Read(p []byte) (int, error) {
	for r.ready() == 0 && r.err == nil {
		r.fill()
	}
	n := copy(p, r.buffer[r.low:r.low+r.ready()])
	if r.hash != nil {
		r.hash.Write(p[:n])
	}
	r.low += n
	if n == 0 && r.ready() == 0 {
		return 0, r.err
	}
	return n, nil
}

// Finish reads what is left and returns what the sender stated. Its errors wrap
// ErrTruncated or ErrCorrupt. End.Status is for the caller to judge.
func (r *Reader) Finish() (End, error) {
	if _, err := io.Copy(io.Discard, r); err != nil {
		return End{}, err
	}
	return r.end, r.compare()
}

func (r *Reader) compare() error {
	switch {
	case r.hash == nil && r.end.Sum != "":
		return fmt.Errorf("%w: unexpected hash at the end", ErrCorrupt)
	case r.hash == nil:
		return nil
	}
	if got := hex.EncodeToString(r.hash.Sum(nil)); got != r.end.Sum {
		return fmt.Errorf("%w: received %s, sent %q", ErrCorrupt, got, r.end.Sum)
	}
	return nil
}

func (r *Reader) ready() int { return max(0, r.high-r.low-EndSize) }

// fill reads once and looks whether the trailer is what the data now ends with.
func (r *Reader) fill() {
	r.high = copy(r.buffer, r.buffer[r.low:r.high])
	r.low = 0
	n, err := r.source.Read(r.buffer[r.high:])
	r.high += n
	if tail, ok := r.tail(); ok {
		r.finished(tail)
		return
	}
	switch {
	case errors.Is(err, io.EOF):
		r.err = ErrTruncated
	case err != nil:
		r.err = fmt.Errorf("%w: %w", ErrTruncated, err)
	}
}

func (r *Reader) tail() (string, bool) {
	if r.high-r.low < EndSize {
		return "", false
	}
	tail := r.buffer[r.high-EndSize : r.high]
	return string(tail), bytes.HasPrefix(tail, []byte(mark(r.nonce)))
}

func (r *Reader) finished(tail string) {
	end, ok := parseEnd(tail, r.nonce)
	r.end, r.err = end, io.EOF
	if !ok {
		r.err = fmt.Errorf("%w: malformed last line", ErrCorrupt)
	}
}
