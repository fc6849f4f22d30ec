package wire

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
	"time"
)

// seed is a stream, or dies.
func seed(f *testing.F, codec Codec) []byte {
	f.Helper()
	var b buffer
	w := NewWriter(Config{Now: time.Now})
	w.Start(&b, codec)
	everything(w)
	if err := w.Finish(); err != nil {
		f.Fatal(err)
	}
	return b.Bytes()
}

// FuzzReader reads any bytes as a stream: it must end, with one of its errors.
func FuzzReader(f *testing.F) {
	for _, codec := range []Codec{None, S2, Zstd} {
		f.Add(seed(f, codec))
	}
	f.Add(blockOf(Zstd, MaxBlock, 20, "12345678901234567890"))
	f.Add(blockOf(S2, 100, 3, "\x64\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := frames(bytes.NewReader(data))
		if !errors.Is(err, io.EOF) && !errors.Is(err, ErrTruncated) && !errors.Is(err, ErrCorrupt) {
			t.Error(err)
		}
	})
}

// FuzzFrames reads any bytes as the content of a block.
func FuzzFrames(f *testing.F) {
	whole := seed(f, None)
	f.Add(whole[headerLen : len(whole)-headerLen])
	f.Add([]byte{byte(KindNode), 2, 0, 1, 'a', 0, 0, 0, 0})
	f.Add([]byte{byte(KindData), 0, 0, 0, 1, 'x', byte(KindHole), 9})
	f.Fuzz(func(_ *testing.T, data []byte) {
		var d decoder
		for c := (cursor{b: data}); len(c.b) > 0 && d.readFrame(&c); {
			_ = d.frame
		}
	})
}

// FuzzRequest parses any bytes as a request; what it takes means the same when
// it is written again.
func FuzzRequest(f *testing.F) {
	f.Add([]byte{})
	f.Add(AppendEntry(AppendEntry(nil, Entry{Path: "a"}), Entry{Path: "b/c", Number: -1}))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0x0f, 'a'})
	f.Fuzz(func(t *testing.T, data []byte) {
		parsed, err := ParseRequest(data)
		if err != nil {
			return
		}
		entries := listed(parsed)
		var encoded []byte
		for _, e := range entries {
			encoded = AppendEntry(encoded, e)
		}
		parsed, err = ParseRequest(encoded)
		if back := listed(parsed); err != nil || !slices.Equal(back, entries) {
			t.Errorf("%v became %v: %v", entries, back, err)
		}
	})
}
