package shellquote_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/shellquote"
)

// A quoted word can be pasted: bash reads the same word, and it is printable.
func TestQuotedWordsAreWhatBashReads(t *testing.T) {
	for _, word := range []string{"plain", "", "two words", "it's", "$HOME `id`", "a\nb", "\x1b[2J'\\x", "\u202egnp", "\xff", "größe 日本"} {
		quoted := shellquote.Quote(word)
		if !printable.Safe(quoted) {
			t.Errorf("%q is not printable", quoted)
		}
		got, err := exec.CommandContext(t.Context(), "bash", "-c", "printf %s. "+quoted).Output()
		if err != nil || strings.TrimSuffix(string(got), ".") != word {
			t.Errorf("%s is %q, %v; want %q", quoted, got, err, word)
		}
	}
}
