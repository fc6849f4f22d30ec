package helper

import (
	"io"
	"strings"
	"sync"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
)

// mostWords is how many bytes of what a program complains of are kept.
const mostWords = 2 << 10

// heardReader and heardWriter call moved whenever something moves.
type heardReader struct {
	io.Reader

	moved func()
}

func (h heardReader) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p)
	h.moved()
	return n, err
}

type heardWriter struct {
	io.Writer

	moved func()
}

func (h heardWriter) Write(p []byte) (int, error) {
	h.moved()
	return h.Writer.Write(p)
}

// words collects what a program complains of.
type words struct {
	mutex sync.Mutex
	text  []byte
}

// Write implements io.Writer. It takes everything, also what it does not keep.
func (w *words) Write(p []byte) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.text = append(w.text, p[:min(len(p), mostWords-len(w.text))]...)
	return len(p), nil
}

// lines returns its lines, each with nothing in it that moves a cursor.
func (w *words) lines() []string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	var lines []string
	for line := range strings.Lines(string(w.text)) {
		lines = append(lines, printable.Fold(line))
	}
	return lines
}

// String returns it as one line, with nothing in it that moves a cursor.
func (w *words) String() string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return printable.Fold(string(w.text))
}
