package agent_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// canned answers every request with the same.
type canned struct {
	status int
	body   io.Reader
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	status := c.status
	if status == 0 {
		status = http.StatusOK
	}
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Body: io.NopCloser(c.body), Request: r, Header: http.Header{},
	}, nil
}

func (c canned) client() *http.Client { return &http.Client{Transport: c} }

// sent is a whole stream.
type sent struct{ bytes.Buffer }

func (*sent) Flush() error { return nil }

func streamOf(t *testing.T, write func(*wire.Writer)) []byte {
	t.Helper()
	var b sent
	w := wire.NewWriter(wire.Config{Now: time.Now})
	w.Start(&b, wire.Zstd)
	write(w)
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sum is the end of a file of that text.
func sum(text string) wire.FileEnd {
	return wire.FileEnd{Sum: xxh3.HashString128(text).Bytes(), State: wire.Still}
}

// data writes text as data.
func data(w *wire.Writer, text string) {
	room, _ := w.Data(int64(len(text)))
	w.Commit(copy(room, text))
}

// requests of the three things that can be asked for, to its end.
func requests(t *testing.T, client func() *http.Client) map[string]func() error {
	t.Helper()
	return map[string]func() error{
		"list": func() error {
			listing, err := source(t, client(), "auto").List(t.Context(), []string{"."})
			for err == nil {
				_, err = listing.Next()
			}
			return err
		},
		"open": func() error {
			_, err := drain(t, source(t, client(), "auto"), []transfer.Want{{Path: "a"}, {Path: "b"}})
			if err == nil {
				err = io.EOF
			}
			return err
		},
		"sums": func() error {
			_, err := source(t, client(), "auto").Sums(t.Context(), []transfer.Prefix{{Path: "a", Length: -1}})
			if err == nil {
				err = io.EOF
			}
			return err
		},
	}
}

// whole is the right answer to each.
func whole(t *testing.T) map[string][]byte {
	t.Helper()
	return map[string][]byte{
		"list": streamOf(t, func(w *wire.Writer) {
			_ = w.Node(wire.Node{Type: wire.Directory, Path: "."})
			_ = w.Node(wire.Node{Type: wire.Regular, Path: "a", Size: 5})
		}),
		"open": streamOf(t, func(w *wire.Writer) {
			_ = w.File(wire.File{Size: 5})
			data(w, "01234")
			_ = w.FileEnd(sum("01234"))
			_ = w.Failure(wire.Failure{Index: 1, Code: wire.Gone, Text: "no longer exists"})
		}),
		"sums": streamOf(t, func(w *wire.Writer) { _ = w.Sum(wire.Sum{Length: 7}) }),
	}
}

func TestCutAtEveryByte(t *testing.T) {
	answers := whole(t)
	for name, answer := range answers {
		for n := range answer {
			client := func() *http.Client { return canned{body: bytes.NewReader(answer[:n])}.client() }
			err := requests(t, client)[name]()
			if _, ok := errors.AsType[*transfer.LostError](err); !ok || !errors.Is(err, wire.ErrTruncated) {
				t.Fatalf("%s, cut at %d of %d: %v", name, n, len(answer), err)
			}
		}
	}
}

// TestOnlyWhatWasAskedFor: an agent that answers something else is not believed.
func TestOnlyWhatWasAskedFor(t *testing.T) {
	file := func(w *wire.Writer, index int) {
		_ = w.File(wire.File{Index: index, Size: 1})
		data(w, "x")
		_ = w.FileEnd(sum("x"))
	}
	for name, tt := range map[string]struct {
		request string
		write   func(*wire.Writer)
	}{
		"a file in a list":       {"list", func(w *wire.Writer) { file(w, 0) }},
		"a node among files":     {"open", func(w *wire.Writer) { _ = w.Node(wire.Node{Path: "x"}) }},
		"only one of two files":  {"open", func(w *wire.Writer) { file(w, 0) }},
		"three of two files":     {"open", func(w *wire.Writer) { file(w, 0); file(w, 1); file(w, 2) }},
		"the second file first":  {"open", func(w *wire.Writer) { file(w, 1); file(w, 0) }},
		"a failure of another":   {"open", func(w *wire.Writer) { _ = w.Failure(wire.Failure{Index: 1}) }},
		"an offset nobody named": {"open", func(w *wire.Writer) { _ = w.File(wire.File{Size: 9, Offset: 3}) }},
		"data without a file":    {"open", func(w *wire.Writer) { data(w, "x") }},
		"less data, but still": {"open", func(w *wire.Writer) {
			_ = w.File(wire.File{Size: 3})
			data(w, "01")
			_ = w.FileEnd(sum("01"))
			file(w, 1)
		}},
		"an end inside a file": {"open", func(w *wire.Writer) { _ = w.File(wire.File{Size: 3}) }},
		"no sum":               {"sums", func(*wire.Writer) {}},
		"two sums":             {"sums", func(w *wire.Writer) { _ = w.Sum(wire.Sum{}); _ = w.Sum(wire.Sum{Index: 1}) }},
		"the sum of another":   {"sums", func(w *wire.Writer) { _ = w.Sum(wire.Sum{Index: 1}) }},
	} {
		t.Run(name, func(t *testing.T) {
			answer := streamOf(t, tt.write)
			client := func() *http.Client { return canned{body: bytes.NewReader(answer)}.client() }
			err := requests(t, client)[tt.request]()
			if _, ok := errors.AsType[*transfer.LostError](err); !ok {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestMoreThanAnnounced: an agent that sends more of a file than it said is not asked again.
func TestMoreThanAnnounced(t *testing.T) {
	for name, send := range map[string]func(*wire.Writer){
		"data": func(w *wire.Writer) { data(w, "0123") },
		"hole": func(w *wire.Writer) { _ = w.Hole(1 << 62) },
	} {
		answer := streamOf(t, func(w *wire.Writer) {
			_ = w.File(wire.File{Size: 3})
			send(w)
		})
		client := func() *http.Client { return canned{body: bytes.NewReader(answer)}.client() }
		err := requests(t, client)["open"]()
		if excess, ok := errors.AsType[*transfer.ExcessError](err); !ok || excess.Path != "a" || excess.Announced != 3 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnswersThatAreNoStream(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		body   string
		lost   bool
		says   string
	}{
		"busy":            {http.StatusServiceUnavailable, "later\n", true, ": later"},
		"a bad request":   {http.StatusBadRequest, "no\x1b", false, `: no\x1b`},
		"another 404":     {http.StatusNotFound, "404 page not found", false, "404"},
		"a proxy's words": {http.StatusForbidden, "go away", false, "go away"},
	} {
		client := func() *http.Client { return canned{tt.status, strings.NewReader(tt.body)}.client() }
		for request, do := range requests(t, client) {
			err := do()
			_, lost := errors.AsType[*transfer.LostError](err)
			if lost != tt.lost || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%s, %s: %v", name, request, err)
			}
		}
	}
}

// TestDecodeOnlyWhatIsMeant: an object that holds other files than it was made for is not
// believed, whatever is in it.
func TestDecodeOnlyWhatIsMeant(t *testing.T) {
	for name, heads := range map[string][]string{"another": {"b"}, "none": nil, "more": {"a", "b"}} {
		object := streamOf(t, func(w *wire.Writer) {
			for _, path := range heads {
				_ = w.Node(wire.Node{Type: wire.Regular, Path: path, Size: 1})
			}
			_ = w.File(wire.File{Size: 1})
			data(w, "x")
			_ = w.FileEnd(sum("x"))
		})
		contents := source(t, canned{}.client(), "auto").
			Decode(t.Context(), io.NopCloser(bytes.NewReader(object)), []transfer.Want{{Path: "a"}}, func(transfer.Item) {})
		_, err := contents.Next()
		if _, ok := errors.AsType[*transfer.LostError](err); !ok {
			t.Errorf("%s: %v", name, err)
		}
		_ = contents.Close()
	}
}
