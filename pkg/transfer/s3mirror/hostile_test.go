package s3mirror

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/slowtest"
	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// endless is text again and again, of so many bytes.
type endless struct {
	text string
	rest int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.rest <= 0 {
		return 0, io.EOF
	}
	n := 0
	for n < len(p) && n < e.rest {
		n += copy(p[n:], e.text)
	}
	e.rest -= n
	return n, nil
}

func packed(t *testing.T, in io.Reader) []byte {
	t.Helper()
	var text bytes.Buffer
	zip := gzip.NewWriter(&text)
	if _, err := io.WriteString(zip, `{"version":1}`+"\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(zip, in); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return text.Bytes()
}

// TestIndexThatUnpacksToMuch is refused with little memory, whatever it unpacks to.
func TestIndexThatUnpacksToMuch(t *testing.T) {
	slowtest.Skip(t)
	const much = 160 << 20
	for name, in := range map[string]io.Reader{
		"one entry again and again": &endless{`{"path":"a"}` + "\n", much},
		"spaces":                    &endless{" ", much},
		"long lines":                &endless{`{"path":"a"}` + strings.Repeat(" ", 2<<20) + "\n", much},
		"short entries": func() io.Reader {
			r, w := io.Pipe()
			go func() {
				for i := range 20_000_000 {
					if _, err := fmt.Fprintf(w, "{\"path\":\"%s%d\"}\n", strings.Repeat("a", 1000), i); err != nil || i > much/1000 {
						break
					}
				}
				_ = w.Close()
			}()
			return r
		}(),
	} {
		t.Run(name, func(t *testing.T) {
			bomb := packed(t, in)
			var atStart, atEnd runtime.MemStats
			runtime.ReadMemStats(&atStart)
			x, err := parseIndex(bytes.NewReader(bomb))
			runtime.ReadMemStats(&atEnd)
			if took := atEnd.TotalAlloc - atStart.TotalAlloc; err == nil || took > 200<<20+uint64(mostRatio*len(bomb)*4) {
				t.Errorf("%d bytes are %d entries for %d MiB: %v", len(bomb), len(x), took>>20, err)
			} else {
				t.Logf("%d bytes, %d MiB allocated: %v", len(bomb), took>>20, err)
			}
		})
	}
}

// TestIndexOfManyIsRead: an honest index is far from the limits, also of entries that pack best.
func TestIndexOfManyIsRead(t *testing.T) {
	slowtest.Skip(t)
	x, when := index{}, time.Unix(1582230020, 0)
	const many = 100_000
	for i := range many {
		p := fmt.Sprintf("%s/%d", strings.Repeat("a rather long name of a directory/", 6)+"d", i)
		x[p] = &entry{Path: p, Type: localtree.Directory, Mode: 0o755, facts: facts{Source: strings.Repeat("u", 36), ModTime: when, Changed: when}}
	}
	for i := range many {
		p := strconv.Itoa(i)
		x[p] = &entry{Path: p, Type: localtree.File, facts: facts{Source: "uid"}, Planned: true}
	}
	text, err := x.text()
	if err != nil {
		t.Fatal(err)
	}
	got, err := parseIndex(bytes.NewReader(text))
	if err != nil || len(got) != len(x) || errors.Is(err, errTooMuch) {
		t.Errorf("%d of %d entries of %d bytes: %v", len(got), len(x), len(text), err)
	}
	t.Logf("%.1f bytes an entry", float64(len(text))/float64(len(x)))
}
