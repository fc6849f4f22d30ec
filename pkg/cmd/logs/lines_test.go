package logs

import (
	"bytes"
	"fmt"
	"testing"
)

// No line is of two jobs, and each line names its job.
func TestLinesKeepJobsApart(t *testing.T) {
	var out bytes.Buffer
	combined := &lines{out: &out}
	a, b := combined.withPrefix("[a] "), combined.withPrefix("[b] ")
	for _, write := range []struct {
		source *source
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
