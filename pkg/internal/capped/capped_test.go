package capped_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/capped"
)

func TestBufferKeepsTheStart(t *testing.T) {
	b := capped.NewBuffer(5)
	for _, step := range []struct {
		text, want string
		truncated  bool
	}{{"abc", "abc", false}, {"de", "abcde", false}, {"", "abcde", false}, {"fg", "abcde", true}, {"h", "abcde", true}} {
		if n, err := fmt.Fprint(b, step.text); n != len(step.text) || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		if b.String() != step.want || b.Truncated() != step.truncated {
			t.Errorf("after %q: %q, truncated: %t", step.text, b, b.Truncated())
		}
	}
	b.Edit(func(text []byte) []byte { return bytes.TrimPrefix(text, []byte("abc")) })
	if _, _ = fmt.Fprint(b, "xyz!"); b.String() != "dexyz" {
		t.Errorf("after Edit: %q", b)
	}
}
