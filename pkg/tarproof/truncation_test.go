package tarproof

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

// TestTruncation cuts a sealed tar stream at every byte: package archive/tar
// alone takes some of these cuts for the end.
func TestTruncation(t *testing.T) {
	var body bytes.Buffer
	w := tar.NewWriter(&body)
	for name, size := range map[string]int{"a": 0, "b": 700, "c/d": 3} {
		hdr := &tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(size)}
		err := w.WriteHeader(hdr)
		if err == nil {
			_, err = io.WriteString(w, strings.Repeat("x", size))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	whole := sealed(t, body.Bytes(), 0)
	taken := 0
	for cut := range whole {
		if cut < body.Len() && errors.Is(readAll(bytes.NewReader(whole[:cut])), io.EOF) {
			taken++
		}
		r := NewReader(bytes.NewReader(whole[:cut]), nonce, true)
		err := readAll(r)
		if _, finished := r.Finish(); !errors.Is(finished, ErrTruncated) {
			t.Fatalf("cut at %d: %v, then %v", cut, err, finished)
		}
	}
	if taken == 0 {
		t.Error("no cut was taken for the end: nothing was tested")
	}
}

// readAll reads the entries of a tar stream and returns what ended it.
func readAll(r io.Reader) error {
	entries := tar.NewReader(r)
	for {
		if _, err := entries.Next(); err != nil {
			return err
		}
	}
}
