package helper

import (
	"io"
	"strings"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/capped"
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
type messageBuffer struct{ *capped.Buffer }

func newMessageBuffer() messageBuffer { return messageBuffer{capped.NewBuffer(maxMessages)} }

// lines returns the lines, without control characters that move a cursor.
func (w messageBuffer) lines() []string {
	var lines []string
	for line := range strings.Lines(w.Buffer.String()) {
		lines = append(lines, printable.Fold(line))
	}
	return lines
}

// String returns the messages as one line, without control characters that move a cursor.
func (w messageBuffer) String() string { return printable.Fold(w.Buffer.String()) }
