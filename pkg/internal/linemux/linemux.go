// Package linemux writes the output of several sources to one stream, so that no line belongs to two sources.
package linemux

import (
	"bytes"
	"io"
	"sync"
)

// Mux combines the output of several sources.
type Mux struct {
	out io.Writer

	mu sync.Mutex
	// open is the source whose line is not complete yet; nil for none.
	open *source
}

// source is the output of one source. Each of its lines begins with prefix.
type source struct {
	mux    *Mux
	prefix []byte
}

// New returns a Mux that writes to out.
func New(out io.Writer) *Mux { return &Mux{out: out} }

// WithPrefix returns the writer of a new source. Each line of the source begins with prefix. A line that another source
// interrupts continues on a new line.
func (m *Mux) WithPrefix(prefix string) io.Writer { return &source{mux: m, prefix: []byte(prefix)} }

// Write implements io.Writer.
func (s *source) Write(text []byte) (int, error) {
	s.mux.mu.Lock()
	defer s.mux.mu.Unlock()
	if len(text) == 0 {
		return 0, nil
	}
	var written bytes.Buffer
	if s.mux.open != nil && s.mux.open != s {
		written.WriteByte('\n')
		s.mux.open = nil
	}
	for line := range bytes.Lines(text) {
		if s.mux.open == nil {
			written.Write(s.prefix)
		}
		written.Write(line)
		if s.mux.open = s; line[len(line)-1] == '\n' {
			s.mux.open = nil
		}
	}
	if _, err := s.mux.out.Write(written.Bytes()); err != nil {
		return 0, err
	}
	return len(text), nil
}
