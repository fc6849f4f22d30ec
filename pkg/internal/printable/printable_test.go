package printable_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
)

func TestEscapeControls(t *testing.T) {
	for text, want := range map[string]string{
		"":                   "",
		"größe 日本 é":         "größe 日本 é",
		"a\nb\tc\r":          `a\nb\tc\r`,
		"bell\a del\x7f":     `bell\a del\x7f`,
		"\x1b[2J":            `\x1b[2J`,
		"c1 \u009b31m":       `c1 \u009b31m`,
		"bidi \u202egnp.exe": `bidi \u202egnp.exe`,
		"isolate \u2066x":    `isolate \u2066x`,
		"zero\u200bwidth":    `zero\u200bwidth`,
		"line\u2028break":    `line\u2028break`,
		"bad \xff\xc3 utf-8": `bad \xff\xc3 utf-8`,
		"replaced \ufffd":    "replaced \ufffd",
		"'quoted' \"twice\"": "'quoted' \"twice\"",
	} {
		if got := printable.Escape(text); got != want {
			t.Errorf("Escape(%q) = %q; want %q", text, got, want)
		}
		if safe := printable.Safe(text); safe != (text == want) {
			t.Errorf("Safe(%q) = %t", text, safe)
		}
	}
}

func TestFoldWhiteSpace(t *testing.T) {
	if got := printable.Fold(" denied:\n\n  rule\tone\x1b[1m\r\n"); got != `denied: rule one\x1b[1m` {
		t.Errorf("%q", got)
	}
}

// A terminal must not act on a document, and programs must read what encoding/json wrote.
func TestJSONKeepsValues(t *testing.T) {
	want := map[string]string{"name": "a\u009b\u202e\nb\U000e0001<&>", "x\u2066": "é"}
	for _, indent := range []string{"", "    "} {
		text, err := printable.JSON(want, indent)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSuffix(line, "\n"); !printable.Safe(line) {
				t.Errorf("%q is not printable", line)
			}
		}
		var got map[string]string
		if err := json.Unmarshal(text, &got); err != nil || !cmp.Equal(want, got) {
			t.Errorf("%v, %v", got, err)
		}
	}
}

// Only errors.Join begins a new line: a message must not imitate another one.
func TestErrorsSplitsOnlyJoinedErrors(t *testing.T) {
	inner := errors.New("job \"a\": deleted\nerror: all is well")
	status := &apierrors.StatusError{ErrStatus: metav1.Status{Message: "denied:\n  rule one\n  rule \x1b[1mtwo"}}
	for name, test := range map[string]struct {
		err  error
		want []string
	}{
		"one":           {inner, []string{`job "a": deleted\nerror: all is well`}},
		"joined":        {errors.Join(inner, errors.New("b")), []string{`job "a": deleted\nerror: all is well`, "b"}},
		"joined twice":  {errors.Join(errors.Join(errors.New("a"), errors.New("b")), errors.New("c")), []string{"a", "b", "c"}},
		"wrapped":       {fmt.Errorf("open %s: %w", "x\ny", errors.New("none")), []string{`open x\ny: none`}},
		"wrapped join":  {fmt.Errorf("2 failed: %w", errors.Join(errors.New("a"), errors.New("b"))), []string{"2 failed: a", "b"}},
		"two wrapped":   {fmt.Errorf("%w, so %w", errors.New("a\nb"), errors.New("c")), []string{`a\nb, so c`}},
		"of the server": {fmt.Errorf("creating: %w", status), []string{`creating: denied: rule one rule \x1b[1mtwo`}},
	} {
		if diff := cmp.Diff(test.want, printable.Errors(test.err)); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", name, diff)
		}
	}
	if got := printable.Error(errors.Join(errors.New("a"), errors.New("b\r"))); got != `a; b\r` {
		t.Errorf("%q", got)
	}
}
