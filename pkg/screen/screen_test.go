package screen_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	testclock "k8s.io/utils/clock/testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/screen"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

func TestTable(t *testing.T) {
	columns := []screen.Column[string]{
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
		if err := screen.Table(&out, columns, []string{"a", "bbb"}, test.wide); err != nil || out.String() != test.want {
			t.Errorf("%s: %v, %q, want %q", name, err, out.String(), test.want)
		}
	}
}

func TestConfirmNeedsATerminal(t *testing.T) {
	streams, in, _, errOut := genericiooptions.NewTestIOStreams()
	in.WriteString("y\n")
	yes, err := screen.Confirm(t.Context(), streams, "Delete?")
	if yes || !errors.Is(err, screen.ErrNoTerminal) || errOut.Len() > 0 {
		t.Errorf("%v, %v, asked %q", yes, err, errOut)
	}
}

func TestProgressWithoutATerminal(t *testing.T) {
	clock := testclock.NewFakeClock(time.Unix(0, 0))
	var out bytes.Buffer
	progress := screen.NewProgress(&out, clock)
	for second := range 25 {
		progress.Report(transfer.Progress{Files: int64(second), Bytes: int64(second) << 20})
		clock.Step(time.Second)
	}
	progress.Done()
	if want := "10 files, 10 MiB\n20 files, 20 MiB\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
