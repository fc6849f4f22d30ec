package ui_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-batch/kubectl-batch/pkg/ui"
)

func TestTable(t *testing.T) {
	columns := []ui.Column[string]{
		{Name: "Name", Cell: func(s string) string { return s }},
		{Name: "Length", Wide: true, Cell: func(s string) string { return strings.Repeat("x", len(s)) }},
		{Name: "Upper", Cell: strings.ToUpper},
	}
	for name, test := range map[string]struct {
		wide bool
		want string
	}{
		"narrow": {false, "NAME   UPPER\na      A\nbbb    BBB\n"},
		"wide":   {true, "NAME   LENGTH   UPPER\na      x        A\nbbb    xxx      BBB\n"},
	} {
		var out bytes.Buffer
		if err := ui.Table(&out, columns, []string{"a", "bbb"}, test.wide); err != nil || out.String() != test.want {
			t.Errorf("%s: %v, %q, want %q", name, err, out.String(), test.want)
		}
	}
}

func TestConfirmNeedsATerminal(t *testing.T) {
	streams, in, _, errOut := genericiooptions.NewTestIOStreams()
	in.WriteString("y\n")
	yes, err := ui.Confirm(t.Context(), streams, "Delete?")
	if yes || !errors.Is(err, ui.ErrNoTerminal) || errOut.Len() > 0 {
		t.Errorf("%v, %v, asked %q", yes, err, errOut)
	}
}
