package tarproof

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
)

// Writer passes tar bytes on and ends them with the trailer that a Reader of
// the same nonce looks for.
type Writer struct {
	target io.Writer
	nonce  string
	hash   hash.Hash
}

// NewWriter returns a Writer to target. nonce is one word that the reading side
// chose and that nothing in the tree can know.
func NewWriter(target io.Writer, nonce string) *Writer {
	return &Writer{target: target, nonce: nonce, hash: sha256.New()}
}

// Write implements io.Writer.
func (w *Writer) Write(p []byte) (int, error) {
	n, err := w.target.Write(p)
	w.hash.Write(p[:n])
	return n, err
}

// Finish writes the trailer; status is the exit status of what made the bytes.
// Without Finish the stream counts as cut.
func (w *Writer) Finish(status int) error {
	end := End{Status: status, Sum: hex.EncodeToString(w.hash.Sum(nil))}
	_, err := io.WriteString(w.target, end.text(w.nonce))
	return err
}
