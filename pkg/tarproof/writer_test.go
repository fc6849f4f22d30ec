package tarproof

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
)

// writer passes tar bytes on and ends them with the trailer that a Reader of
// the same nonce looks for.
type writer struct {
	target io.Writer
	nonce  string
	hash   hash.Hash
}

func newWriter(target io.Writer, nonce string) *writer {
	return &writer{target: target, nonce: nonce, hash: sha256.New()}
}

// Write implements io.Writer.
func (w *writer) Write(p []byte) (int, error) {
	n, err := w.target.Write(p)
	w.hash.Write(p[:n])
	return n, err
}

// finish writes the trailer; status is the exit status of the program that wrote the bytes.
func (w *writer) finish(status int) error {
	end := End{Status: status, Sum: hex.EncodeToString(w.hash.Sum(nil))}
	_, err := io.WriteString(w.target, end.text(w.nonce))
	return err
}
