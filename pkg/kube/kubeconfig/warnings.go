package kubeconfig

import (
	"slices"
	"strings"
	"sync"

	"k8s.io/client-go/rest"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
)

// Warnings passes on what the API server warns of, and remembers it. The zero
// value passes on nothing; a nil one has none.
type Warnings struct {
	// To receives each warning; nil discards them.
	To rest.WarningHandler

	mu       sync.Mutex
	reported []string
}

// HandleWarningHeader implements rest.WarningHandler.
func (w *Warnings) HandleWarningHeader(code int, agent, text string) {
	w.mu.Lock()
	w.reported = append(w.reported, text)
	w.mu.Unlock()
	if w.To != nil {
		w.To.HandleWarningHeader(code, agent, printable.Fold(text))
	}
}

// Has reports whether a warning that contains that text was received.
func (w *Warnings) Has(part string) bool {
	if w == nil {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.reported, func(text string) bool { return strings.Contains(text, part) })
}
