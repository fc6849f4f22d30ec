// Package shellquote quotes words for a shell, so that a printed command can be typed as it stands.
package shellquote

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
)

// plain matches words that need no quotes in any shell.
var plain = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./~-]+$`)

// Quote returns word quoted for a POSIX shell, on one line.
func Quote(word string) string {
	switch {
	case plain.MatchString(word):
		return word
	case !printable.Safe(word):
		return dollarQuoted(word)
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// dollarQuoted quotes a word that is not printable: bytes become octal numbers.
func dollarQuoted(word string) string {
	var b strings.Builder
	for i := range len(word) {
		switch c := word[i]; {
		case c == '\'' || c == '\\':
			b.WriteString(`\` + string(c))
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	return "$'" + b.String() + "'"
}
