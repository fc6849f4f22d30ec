package transport

import (
	"strings"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/capped"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
)

// head keeps the first maxHead bytes that are written to it. The first message usually has
// the cause, and the limit bounds the memory.
type head struct{ *capped.Buffer }

const maxHead = 2 << 10

func newHead() head { return head{capped.NewBuffer(maxHead)} }

// String returns the text on one line, without zeros at its start and end.
func (h head) String() string { return printable.Fold(strings.Trim(h.Buffer.String(), "\x00")) }
