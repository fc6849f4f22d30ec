package logs

import (
	"bytes"
	"io"
	"sync"
)

// lines writes what several jobs print to one stream, so that no line is of two jobs.
type lines struct {
	out io.Writer

	mu sync.Mutex
	// open is the job whose line has not ended yet; nil for none.
	open *source
}

// source is the output of one job. Each of its lines begins with prefix.
type source struct {
	to     *lines
	prefix []byte
}

func (l *lines) of(prefix string) *source { return &source{to: l, prefix: []byte(prefix)} }

// Write implements io.Writer. A line that another job interrupts goes on in a new line.
func (s *source) Write(text []byte) (int, error) {
	s.to.mu.Lock()
	defer s.to.mu.Unlock()
	if len(text) == 0 {
		return 0, nil
	}
	var written bytes.Buffer
	if s.to.open != nil && s.to.open != s {
		written.WriteByte('\n')
		s.to.open = nil
	}
	for line := range bytes.Lines(text) {
		if s.to.open == nil {
			written.Write(s.prefix)
		}
		written.Write(line)
		if s.to.open = s; line[len(line)-1] == '\n' {
			s.to.open = nil
		}
	}
	if _, err := s.to.out.Write(written.Bytes()); err != nil {
		return 0, err
	}
	return len(text), nil
}
