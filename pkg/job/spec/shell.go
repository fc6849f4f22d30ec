package spec

import (
	"path"
	"slices"
	"strings"
)

// check follows each line: set -e would ignore the failure of "false && true". In this
// form $? is still the status of the line.
const check = "case $? in 0) ;; *) exit $? ;; esac"

// Shell returns the command that runs lines one after the other in one shell, so
// that cd and export carry over, and ends with the status of the first that fails.
// With a shell that knows pipefail a pipe fails with any of its parts.
func Shell(shell string, lines []string) []string {
	var text []string
	if pipefail(shell) {
		text = append(text, "set -o pipefail")
	}
	for i, line := range lines {
		text = append(text, line)
		if i < len(lines)-1 {
			text = append(text, check)
		}
	}
	return []string{shell, "-c", Literal(strings.Join(text, "\n"))}
}

func pipefail(shell string) bool {
	return slices.Contains([]string{"bash", "zsh", "ksh", "mksh"}, path.Base(shell))
}

// Literal escapes what Kubernetes would expand in a command, its arguments and the
// values of variables: $(NAME), and $$, which stands for one $.
func Literal(text string) string {
	var b strings.Builder
	for i := range len(text) {
		b.WriteByte(text[i])
		if text[i] == '$' && i+1 < len(text) && (text[i+1] == '(' || text[i+1] == '$') {
			b.WriteByte('$')
		}
	}
	return b.String()
}
