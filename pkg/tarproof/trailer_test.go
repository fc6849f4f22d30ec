package tarproof

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

const nonce = "NONCE"

// sealed is body with its trailer.
func sealed(t *testing.T, body []byte, status int) []byte {
	t.Helper()
	var out bytes.Buffer
	w := newWriter(&out, nonce)
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.finish(status); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// stuck is what a stream is whose sender waits for an answer: a read after the
// last byte would wait for ever.
type stuck struct {
	t testing.TB
	r io.Reader
}

func (s stuck) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if n == 0 && errors.Is(err, io.EOF) {
		s.t.Error("read beyond the trailer")
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

func TestReaderGivesTheBodyAndStopsAtTheTrailer(t *testing.T) {
	bodies := map[string]string{
		"empty": "", "short": "x", "as long as a trailer": strings.Repeat("y", EndSize),
		"long":            strings.Repeat("0123456789", 50_000),
		"another trailer": End{Sum: ""}.text("OTHER"),
	}
	readers := map[string]func(io.Reader) io.Reader{
		"whole": func(r io.Reader) io.Reader { return r },
		"bytes": iotest.OneByteReader,
		"halfs": iotest.HalfReader,
		"eager": iotest.DataErrReader,
	}
	for name, body := range bodies {
		for readerName, reader := range readers {
			r := NewReader(stuck{t, reader(bytes.NewReader(sealed(t, []byte(body), 0)))}, nonce, true)
			got, err := io.ReadAll(r)
			end, finished := r.Finish()
			if string(got) != body || err != nil || finished != nil || end.Status != 0 || len(end.Sum) != 64 {
				t.Errorf("%s, %s: %d bytes of %d, %v; %+v, %v", name, readerName, len(got), len(body), err, end, finished)
			}
		}
	}
}

func TestReaderTellsOfStatus(t *testing.T) {
	end, err := NewReader(bytes.NewReader(sealed(t, []byte("x"), 2)), nonce, true).Finish()
	if err != nil || end.Status != 2 {
		t.Errorf("%+v, %v", end, err)
	}
}

func TestReaderKeepsTheCause(t *testing.T) {
	cause := errors.New("connection reset")
	source := io.MultiReader(strings.NewReader("some"), iotest.ErrReader(cause))
	_, err := NewReader(source, nonce, true).Finish()
	if !errors.Is(err, ErrTruncated) || !errors.Is(err, cause) {
		t.Error(err)
	}
}

func TestReaderWithoutHash(t *testing.T) {
	plain := "body" + End{}.text(nonce)
	tests := map[string]struct {
		stream string
		hashed bool
		want   error
	}{
		"none promised, none sent": {plain, false, nil},
		"one promised, none sent":  {plain, true, ErrCorrupt},
		"none promised, one sent":  {string(sealed(t, []byte("body"), 0)), false, ErrCorrupt},
		"cut":                      {plain[:len(plain)-1], false, ErrTruncated},
	}
	for name, test := range tests {
		_, err := NewReader(strings.NewReader(test.stream), nonce, test.hashed).Finish()
		if !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzReader changes a stream in one place and cuts it. Only the very bytes that
// a finished sender with status 0 writes may count as success.
func FuzzReader(f *testing.F) {
	f.Add([]byte("body"), uint16(0), byte(0), uint16(0), uint8(7))
	f.Add([]byte("body"), uint16(30), byte(1), uint16(0), uint8(1))
	f.Add(bytes.Repeat([]byte("0"), 500), uint16(510), byte(' '), uint16(1), uint8(200))
	f.Add([]byte(End{}.text("OTHER")), uint16(0), byte(0), uint16(EndSize), uint8(160))
	f.Fuzz(func(t *testing.T, body []byte, offset uint16, flip byte, cut uint16, chunk uint8) {
		if bytes.Contains(body, []byte(mark(nonce))) {
			return // no file knows the nonce
		}
		want := sealed(t, body, 0)
		stream := bytes.Clone(want)
		stream[int(offset)%len(stream)] ^= flip
		stream = stream[:len(stream)-int(cut)%len(stream)]
		r := NewReader(chunked{bytes.NewReader(stream), int(chunk) + 1}, nonce, true)
		got, err := io.ReadAll(r)
		end, finished := r.Finish()
		success := err == nil && finished == nil && end.Status == 0
		if success != bytes.Equal(stream, want) {
			t.Fatalf("success %v: %v, %+v, %v", success, err, end, finished)
		}
		if success && !bytes.Equal(got, body) {
			t.Fatal("wrong body")
		}
	})
}

type chunked struct {
	r    io.Reader
	size int
}

func (c chunked) Read(p []byte) (int, error) { return c.r.Read(p[:min(len(p), c.size)]) }
