package wire

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

func TestBeatsFillTheSilence(t *testing.T) {
	synctest.Test(t, beatsFillTheSilence)
}

func beatsFillTheSilence(t *testing.T) {
	var b buffer
	w := NewWriter(Config{Now: time.Now, Beat: time.Millisecond})
	w.Start(&b, S2)
	data := bytes.Repeat([]byte("x"), 100_000)
	for range 10 {
		room, err := w.Data(int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
		w.Commit(copy(room, data))
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	if beats := bytes.Count(b.Bytes(), tinyBlock([]byte{byte(kindBeat)}).bytes); beats < 80 {
		t.Errorf("%d beats in 100 ms", beats)
	}
	got, err := frames(&b)
	if !errors.Is(err, io.EOF) || len(got) != 10 {
		t.Errorf("%d frames came, %v", len(got), err)
	}
}
