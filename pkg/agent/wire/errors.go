package wire

import (
	"errors"
	"fmt"
)

var (
	// ErrTruncated says that a stream stopped before its end frame.
	ErrTruncated = errors.New("the stream ended early")
	// ErrCorrupt says that the bytes are not a stream of this protocol, or were changed
	// in transit.
	ErrCorrupt = errors.New("the stream is corrupt")
	// ErrTooLarge says that a request has more than MaxEntries entries or MaxRequest bytes.
	ErrTooLarge = errors.New("the request is too large")
)

// corrupt returns ErrCorrupt with a description of the problem.
func corrupt(detail string) error { return fmt.Errorf("%w: %s", ErrCorrupt, detail) }
