package wire

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/slowtest"
)

// write writes data as content.
func write(t *testing.T, w *Writer, data []byte) {
	t.Helper()
	for len(data) > 0 {
		room, err := w.Data(int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		n := copy(room, data)
		w.Commit(n)
		data = data[n:]
	}
}

func TestReuse(t *testing.T) {
	slowtest.Skip(t)
	data := bytes.Repeat([]byte("some data that can be compressed, and more of it; "), 100_000)
	w := NewWriter(Config{Now: time.Now})
	var r Reader
	for i := range 60 {
		codec := []Codec{None, Auto, S2, Zstd}[i%4]
		var b buffer
		w.Start(&b, codec)
		write(t, w, data)
		if i%5 == 4 {
			w.Stop()
			continue
		}
		if err := w.Finish(); err != nil {
			t.Fatal(err)
		}
		r.Reset(&b)
		var back []byte
		for {
			f, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%d, %s: %v", i, codec, err)
			}
			back = append(back, f.Data...)
		}
		if !bytes.Equal(data, back) {
			t.Errorf("%d, %s: other data came back", i, codec)
		}
	}
}
