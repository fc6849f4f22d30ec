package results

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// Two names that are not UTF-8 are told apart by their bytes.
func TestOutcomeKeepsNamesThatAreNotUTF8(t *testing.T) {
	out := &Outcome{}
	out.setResult(transfer.Result{
		Refused: []transfer.Refusal{{Path: "a\xff", Reason: "x"}, {Path: "a\xfe", Reason: "x"}, {Path: "é", Reason: "x"}},
		Growing: []string{"plain", "g\x80"},
	}, usage{}, time.Time{})
	text, err := printable.JSON(out, "    ")
	if err != nil {
		t.Fatal(err)
	}
	var got Outcome
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := []Entry{{"a\ufffd", "Yf8=", "x"}, {"a\ufffd", "Yf4=", "x"}, {"é", "", "x"}}
	if diff := cmp.Diff([]any{want, []string{"Z4A="}}, []any{got.Refused, got.GrowingBase64}); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	if bytes.Count(text, []byte("Base64")) != 3 {
		t.Errorf("%s", text)
	}
}
