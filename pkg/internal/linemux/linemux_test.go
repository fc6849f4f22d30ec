package linemux_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/linemux"
)

// No line is of two sources, and each line names its source.
func TestLinesKeepSourcesApart(t *testing.T) {
	var out bytes.Buffer
	combined := linemux.New(&out)
	a, b := combined.WithPrefix("[a] "), combined.WithPrefix("[b] ")
	for _, write := range []struct {
		source io.Writer
		text   string
	}{{a, "one\ntwo\n"}, {b, "half"}, {b, " line\n\n"}, {a, "open"}, {b, "other\n"}, {a, " goes on\n"}, {a, ""}, {b, "end"}} {
		if n, err := fmt.Fprint(write.source, write.text); n != len(write.text) || err != nil {
			t.Errorf("%q: %d, %v", write.text, n, err)
		}
	}
	if want := "[a] one\n[a] two\n[b] half line\n[b] \n[a] open\n[b] other\n[a]  goes on\n[b] end"; out.String() != want {
		t.Errorf("%q", out.String())
	}
}
