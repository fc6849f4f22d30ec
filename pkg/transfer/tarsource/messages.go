package tarsource

import (
	"fmt"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// mostMessages is how many bytes of a remote program's messages are kept.
const mostMessages = 64 << 10

// messages collects what a remote program writes to its standard error.
type messages struct {
	mutex sync.Mutex
	text  []byte
	more  bool
}

// Write implements io.Writer. It takes everything, also what it does not keep.
func (m *messages) Write(p []byte) (int, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	keep := min(len(p), mostMessages-len(m.text))
	m.text = append(m.text, p[:keep]...)
	m.more = m.more || keep < len(p)
	return len(p), nil
}

// lines are the messages so far, one each, with nothing in them that moves a cursor.
func (m *messages) lines() []string {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	var lines []string
	for line := range strings.Lines(string(m.text)) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			lines = append(lines, printable(line))
		}
	}
	if m.more {
		lines = append(lines, "(more was not kept)")
	}
	return lines
}

// printable is line with control characters and broken UTF-8 as escapes.
func printable(line string) string {
	var b strings.Builder
	for len(line) > 0 {
		r, size := utf8.DecodeRuneInString(line)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, line[0])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		line = line[size:]
	}
	return b.String()
}
