package archive

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
)

// TestKeepComparesContent: a file of the same size and time can hold the half of
// an older one; what differs is decided about anew.
func TestKeepComparesContent(t *testing.T) {
	long := strings.Repeat("a", 2*copySize)
	for name, test := range map[string]struct {
		here, sent string
		differs    Verdict
		want       string
		err        bool
	}{
		"the same":        {long + "b", long + "b", Verdict{Action: Refuse, Reason: "not asked"}, long + "b", false},
		"other, replaced": {long + "x", long + "b", Verdict{Action: Write}, long + "b", false},
		"other at once":   {"x" + long, "b" + long, Verdict{Action: Write}, "b" + long, false},
		"shorter here":    {long, long + "b", Verdict{Action: Write}, long + "b", false},
		"other, refused":  {long + "x", long + "b", Verdict{Action: Refuse, Reason: "because"}, long + "x", false},
		"cut":             {long + "b", long + "b", Verdict{Action: Write}, long + "b", true},
	} {
		t.Run(name, func(t *testing.T) {
			target := newTarget(t, filetree.Tree{"f": filetree.File(test.here)})
			x := target.extraction()
			x.Decide = func(_ Entry, local Local) Verdict {
				if local.Differs {
					return test.differs
				}
				return Verdict{Action: Keep}
			}
			sent := tarOf(t, file("f", test.sent))
			if test.err {
				sent = sent[:len(sent)/2]
			}
			err := x.Run(t.Context(), bytes.NewReader(sent))
			var broken *StreamError
			if errors.As(err, &broken) != test.err || err != nil && !test.err {
				t.Fatal(err)
			}
			if diff := cmp.Diff(filetree.Short(test.want), target.tree()["f"].Data); diff != "" {
				t.Error("-want +got:\n", diff)
			}
			if _, refused := target.refused["f"]; refused != (test.differs.Reason == "because") {
				t.Errorf("refused: %v", target.refused)
			}
		})
	}
}
