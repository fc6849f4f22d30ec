package transport

import (
	"strings"
	"sync"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
)

// head keeps the first maxHead bytes that are written to it. The first message usually has
// the cause, and the limit bounds the memory.
type head struct {
	mu   sync.Mutex
	text []byte
}

const maxHead = 2 << 10

// Write implements io.Writer. It never fails.
func (h *head) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.text = append(h.text, p[:min(len(p), maxHead-len(h.text))]...)
	return len(p), nil
}

// String returns the text on one line, without zeros at its start and end.
func (h *head) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return printable.Fold(strings.Trim(string(h.text), "\x00"))
}
