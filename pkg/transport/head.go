package transport

import (
	"strings"
	"sync"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
)

// head keeps the first bytes that are written to it: the first message tells
// what is wrong, and the memory of a program that never stops is not needed.
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

// String returns what was kept, on one line. Zeros around it are data of no message.
func (h *head) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return printable.Fold(strings.Trim(string(h.text), "\x00"))
}
