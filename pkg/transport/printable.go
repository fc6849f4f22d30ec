package transport

import (
	"strings"
	"sync"
	"unicode"
)

// printable is text on one line, without what a terminal would act on.
func printable(text string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsPrint(r):
			return r
		}
		return -1
	}, strings.ToValidUTF8(text, "?"))
	return strings.Join(strings.Fields(clean), " ")
}

// head keeps the first bytes that are written to it: the first message tells
// what is wrong, and the memory of a program that never stops is not needed.
type head struct {
	mu   sync.Mutex
	kept []byte
}

const maxHead = 2 << 10

// Write implements io.Writer. It never fails.
func (h *head) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.kept = append(h.kept, p[:min(len(p), maxHead-len(h.kept))]...)
	return len(p), nil
}

// String returns what was kept, on one line.
func (h *head) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return printable(string(h.kept))
}
