package completion

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// copyFile makes a program that is like another, or nothing.
func copyFile(destination, source string) (err error) {
	in, err := os.Open(source)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()                                              // only read from
	out, err := os.OpenFile(destination, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755) //nolint:gosec // other users may run the program, too
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Close()); err != nil {
		_ = os.Remove(destination)
	}
	return err
}

// sameFile reports whether two names are of one file, or of two with the same content.
func sameFile(a, b string) bool {
	infoA, err := os.Stat(a)
	if err != nil {
		return false
	}
	infoB, err := os.Stat(b)
	if err != nil {
		return false
	}
	if os.SameFile(infoA, infoB) || infoA.Size() != infoB.Size() {
		return os.SameFile(infoA, infoB)
	}
	contentA, err := os.ReadFile(a)
	if err != nil {
		return false
	}
	contentB, err := os.ReadFile(b)
	return err == nil && bytes.Equal(contentA, contentB)
}
