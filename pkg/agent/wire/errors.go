package wire

import (
	"errors"
	"fmt"
)

var (
	// ErrTruncated says that a stream stopped before its end frame.
	ErrTruncated = errors.New("the stream ended early")
	// ErrCorrupt says that bytes are no stream of this protocol, or were changed
	// on the way.
	ErrCorrupt = errors.New("the stream is corrupt")
	// ErrTooLarge says that a request has more entries or bytes than an agent takes.
	ErrTooLarge = errors.New("the request is too large")
)

// corrupt is ErrCorrupt with the place where it showed.
func corrupt(detail string) error { return fmt.Errorf("%w: %s", ErrCorrupt, detail) }
