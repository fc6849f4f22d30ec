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
	// open is the job whose line is not complete yet; nil for none.
	open *source
}

// source is the output of one job. Each of its lines begins with prefix.
type source struct {
	lines  *lines
	prefix []byte
}

func (l *lines) withPrefix(prefix string) *source { return &source{lines: l, prefix: []byte(prefix)} }

// Write implements io.Writer. A line that another job interrupts continues on a new line.
func (s *source) Write(text []byte) (int, error) {
	s.lines.mu.Lock()
	defer s.lines.mu.Unlock()
	if len(text) == 0 {
		return 0, nil
	}
	var written bytes.Buffer
	if s.lines.open != nil && s.lines.open != s {
		written.WriteByte('\n')
		s.lines.open = nil
	}
	for line := range bytes.Lines(text) {
		if s.lines.open == nil {
			written.Write(s.prefix)
		}
		written.Write(line)
		if s.lines.open = s; line[len(line)-1] == '\n' {
			s.lines.open = nil
		}
	}
	if _, err := s.lines.out.Write(written.Bytes()); err != nil {
		return 0, err
	}
	return len(text), nil
}
