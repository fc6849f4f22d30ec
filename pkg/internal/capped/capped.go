// Package capped has a buffer with a limit, for the output of programs.
package capped

import (
	"bytes"
	"sync"
)

// Buffer keeps the first bytes that are written to it, up to a limit, and drops the rest. Its methods may be called at
// the same time.
type Buffer struct {
	limit     int
	mu        sync.Mutex
	text      []byte
	truncated bool
}

// NewBuffer returns a Buffer that keeps limit bytes.
func NewBuffer(limit int) *Buffer { return &Buffer{limit: limit} }

// Write implements io.Writer. It never fails.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	free := min(len(p), b.limit-len(b.text))
	b.text = append(b.text, p[:free]...)
	b.truncated = b.truncated || free < len(p)
	return len(p), nil
}

// Bytes returns a copy of the bytes that were kept.
func (b *Buffer) Bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.text)
}

// String returns the bytes that were kept.
func (b *Buffer) String() string { return string(b.Bytes()) }

// Truncated reports whether bytes were dropped.
func (b *Buffer) Truncated() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.truncated
}

// Edit replaces the bytes that were kept by the result of change, which must not be longer than its argument.
func (b *Buffer) Edit(change func(text []byte) []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text = change(b.text)
}
