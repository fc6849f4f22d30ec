package main

import (
	"strings"
	"testing"
	"time"
)

// clock is a time that a test moves.
type clock struct{ current time.Time }

func (c *clock) read() time.Time { return c.current }

func reported(t *testing.T, lines string, status int) (text string, result int) {
	t.Helper()
	var out strings.Builder
	c := &clock{time.Unix(0, 0)}
	r := newReport(&out, "make test", c.read)
	c.current = c.current.Add(65 * time.Second)
	readLines(strings.NewReader(lines), r)
	result = r.end(status, "make check runs the rest")
	return out.String(), result
}

func TestReport(t *testing.T) {
	for name, test := range map[string]struct {
		lines  string
		status int
		want   string
		result int
	}{
		"passed": {
			`{"Action":"start","Package":"a/b"}
{"Action":"run","Package":"a/b","Test":"TestX"}
{"Action":"output","Package":"a/b","Test":"TestX","Output":"not shown\n"}
{"Action":"pass","Package":"a/b","Test":"TestX","Elapsed":1}
{"Action":"run","Package":"a/b","Test":"TestY"}
{"Action":"skip","Package":"a/b","Test":"TestY"}
{"Action":"output","Package":"a/b","Output":"PASS\n"}
{"Action":"output","Package":"a/b","Output":"a note\n"}
{"Action":"pass","Package":"a/b","Elapsed":1.5}
plain text
`, 0, "a note\nok  a/b  1.5s\nplain text\nmake test: 2 tests ran in 1m5s, 1 of them skipped; make check runs the rest\n", 0,
		},
		"long": {
			`{"Action":"run","Package":"a/b","Test":"TestX"}
{"Action":"pass","Package":"a/b","Test":"TestX","Elapsed":12}
`, 0, "pass  b.TestX  12.0s\nmake test: 1 tests ran in 1m5s, 0 of them skipped; make check runs the rest\n", 0,
		},
		"failed": {
			`{"Action":"run","Package":"a/b","Test":"TestX"}
{"Action":"output","Package":"a/b","Test":"TestX","Output":"x_test.go:1: wrong\n"}
{"Action":"fail","Package":"a/b","Test":"TestX"}
{"Action":"output","Package":"a/b","Output":"FAIL\n"}
{"Action":"fail","Package":"a/b"}
`, 2, "x_test.go:1: wrong\nFAIL\nmake test: failed after 1m5s: b.TestX, a/b\n", 2,
		},
		"failed with status 0": {
			`{"Action":"fail","Package":"a/b","Test":"TestX"}` + "\n", 0, "make test: failed after 1m5s: b.TestX\n", 1,
		},
		"a test that did not end": {
			`{"Action":"run","Package":"a/b","Test":"TestX"}
{"Action":"output","Package":"a/b","Test":"TestX","Output":"panic: boom\n"}
{"Action":"fail","Package":"a/b"}
`, 1, "panic: boom\nmake test: failed after 1m5s: a/b\n", 1,
		},
		"does not compile": {
			`{"ImportPath":"a/b","Action":"build-output","Output":"b.go:1: syntax error\n"}
{"ImportPath":"a/b","Action":"build-fail"}
{"Action":"fail","Package":"a/b","Elapsed":0,"FailedBuild":"a/b"}
`, 1, "b.go:1: syntax error\nmake test: failed after 1m5s: a/b\n", 1,
		},
		"another command failed": {"", 7, "make test: failed after 1m5s with exit status 7\n", 7},
	} {
		t.Run(name, func(t *testing.T) {
			got, result := reported(t, test.lines, test.status)
			if got = squeezed(got); got != test.want || result != test.result {
				t.Errorf("status %d\n%s\nwant %d\n%s", result, got, test.result, test.want)
			}
		})
	}
}

// squeezed returns text with columns two spaces apart.
func squeezed(text string) string {
	for strings.Contains(text, "   ") {
		text = strings.ReplaceAll(text, "   ", "  ")
	}
	return text
}

// While nothing else is printed, a line says at least every 20 seconds that the run goes on.
func TestProgress(t *testing.T) {
	var out strings.Builder
	c := &clock{time.Unix(0, 0)}
	r := newReport(&out, "make test", c.read)
	r.line(`{"Action":"run","Package":"a/b","Test":"TestX"}`)
	r.line(`{"Action":"run","Package":"a/b","Test":"TestX/case"}`)
	for range 45 {
		c.current = c.current.Add(time.Second)
		r.progress()
	}
	want := "make test: 20s so far, 0 tests passed; running b.TestX/case\nmake test: 40s so far, 0 tests passed; running b.TestX/case\n"
	if out.String() != want {
		t.Errorf("got %q", out.String())
	}
}

func TestRunPassesStatusOn(t *testing.T) {
	if got := run("x", "", []string{"sh", "-c", "exit 3"}); got != 3 {
		t.Errorf("status %d", got)
	}
	if got := run("x", "", []string{"/no/such/program"}); got != 1 {
		t.Errorf("status %d", got)
	}
}
