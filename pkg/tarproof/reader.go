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

// readAhead is how many bytes a Reader requests from its source at once.
const readAhead = 128 << 10

// Reader returns the bytes before the trailer of a stream, and io.EOF only after the
// trailer, so that a tar reader cannot mistake a cut for the end. It never reads from its
// source after the trailer, because the sender then waits for a response.
type Reader struct {
	source io.Reader
	nonce  string
	hash   hash.Hash // nil: the sender has no hash to compare with

	// buffer[low:high] was read from the source and not yet returned. Its last EndSize bytes
	// are held back, because they may be the trailer.
	buffer    []byte
	low, high int

	end End
	err error // returned after the buffer is empty; io.EOF after the trailer
}

// NewReader returns a Reader of a stream with that nonce. hashed says that the trailer must
// have a hash. Without it only the end is proven.
func NewReader(source io.Reader, nonce string, hashed bool) *Reader {
	r := &Reader{source: source, nonce: nonce, buffer: make([]byte, readAhead+EndSize)}
	if hashed {
		r.hash = sha256.New()
	}
	return r
}

// Read implements io.Reader. If the stream ends without its trailer, the error wraps
// ErrTruncated and the error of the source.
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

// Finish reads the rest of the stream and returns its trailer. Its errors wrap ErrTruncated
// or ErrCorrupt. The caller must check End.Status.
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

// fill reads once and checks whether the data now ends with the trailer.
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
