package helper

import (
	"io"
	"strings"
	"sync"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
)

// maxMessages is how many bytes of a program's messages are kept.
const maxMessages = 2 << 10

// activityReader and activityWriter call onActivity after each read and before each write.
type activityReader struct {
	io.Reader

	onActivity func()
}

func (h activityReader) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p)
	h.onActivity()
	return n, err
}

type activityWriter struct {
	io.Writer

	onActivity func()
}

func (h activityWriter) Write(p []byte) (int, error) {
	h.onActivity()
	return h.Writer.Write(p)
}

// messageBuffer collects the messages of a program.
type messageBuffer struct {
	mutex sync.Mutex
	text  []byte
}

// Write implements io.Writer. It accepts and discards what exceeds maxMessages.
func (w *messageBuffer) Write(p []byte) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.text = append(w.text, p[:min(len(p), maxMessages-len(w.text))]...)
	return len(p), nil
}

// lines returns the lines, without control characters that move a cursor.
func (w *messageBuffer) lines() []string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	var lines []string
	for line := range strings.Lines(string(w.text)) {
		lines = append(lines, printable.Fold(line))
	}
	return lines
}

// String returns the messages as one line, without control characters that move a cursor.
func (w *messageBuffer) String() string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return printable.Fold(string(w.text))
}
