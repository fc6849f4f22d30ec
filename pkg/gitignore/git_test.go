package gitignore_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/gitignore"
)

// entry is a name in a tree.
type entry struct {
	Path string
	Dir  bool
}

// entries reads names; a slash at the end makes a directory.
func entries(text string) []entry {
	var entries []entry
	for name := range strings.FieldsSeq(text) {
		p, dir := strings.CutSuffix(name, "/")
		entries = append(entries, entry{p, dir})
	}
	return entries
}

const oddNames = `a b ab abc a.pt x.pt/ x.pt/y dir/ dir/a dir/a.pt dir/sub/ dir/sub/a dir/sub/b.pt dir/sub/deep/ dir/sub/deep/a.pt
	sub/ sub/a sub/dir/ sub/dir/a #a# !a a{b} {a,b} a\b [a] ] a] a-c a* a** foo/ foo/bar/ foo/bar/a foo/a/ foo/a/bar foobar A 5 a5 - a-b ^a a^ ax/ ax/b a:b a: a[`

// What git itself says, of patterns that people get wrong.
func TestMatchIsGits(t *testing.T) {
	questions := [][]string{
		{"a"},
		{"*.pt"},
		{"/a"},
		{"/*.pt"},
		{"dir"},
		{"dir/"},
		{"dir/a"},
		{"dir/*"},
		{"/dir/sub"},
		{"a/"},
		{"x.pt/"},
		{"*"},
		{"/*"},
		{"**"},
		{"/**"},
		{"**/a"},
		{"dir/**"},
		{"dir/**/"},
		{"**/sub/**"},
		{"dir/**/a.pt"},
		{"**/"},
		{"dir/**/**/a"},
		{"a**"},
		{"**a"},
		{"dir/s**b"},
		{"***"},
		{"***/a"},
		{"dir/***"},
		{"*", "!a"},
		{"*", "!dir/"},
		{"*", "!dir/", "!dir/**"},
		{"dir", "!dir/a"},
		{"dir/*", "!dir/sub", "dir/sub/*", "!dir/sub/a"},
		{"!a"},
		{"*.pt", "!a.pt", "dir/a.pt"},
		{"!!a"},
		{`\!a`},
		{"#a#"},
		{`\#a#`},
		{"?"},
		{"a?"},
		{"d?r/a"},
		{"foo?bar"},
		{"foo*bar"},
		{"foo/*/bar"},
		{"foo/**/bar"},
		{"foo/**bar"},
		{"{a,b}"},
		{"a{b}"},
		{"a{b"},
		{"a,b}"},
		{`a\\b`},
		{`\a`},
		{`\*`},
		{`a\*`},
		{`a\*\*`},
		{`\[a\]`},
		{"[ab]"},
		{"[!a]"},
		{"[^a]"},
		{"[a-c]"},
		{"a[a-c]"},
		{"[]]"},
		{"a[]]"},
		{"[]a]"},
		{"[^]a]"},
		{"a[a-]c"},
		{"a[-a]c"},
		{"[a-]"},
		{`[\]]`},
		{`[\a]`},
		{"[[]a]"},
		{"[[:digit:]]"},
		{"a[[:digit:]x]"},
		{"[[:alpha:]]"},
		{"[[:upper:]]"},
		{"[^[:alpha:]]"},
		{"a[[:punct:]]b"},
		{"[[:punct:]]"},
		{"[[:space:]]"},
		{"[[:xdigit:]][[:xdigit:]]"},
		{"a[[:a]"},
		{"[[:]"},
		{"foo[!x]bar"},
		{"foo[.-0]bar"},
		{"foo[.-0]bar/"},
		{"ax[^y]b"},
		{"a*b"},
		{"a "},
		{" a"},
		{"dir/sub/deep/a.pt/"},
		{"A"},
		{"-"},
		{"a[,--]b"},
		{"[+--]"},
	}
	compare(t, questions, entries(oddNames))
}

// Patterns and trees by chance, with a seed that stays.
func TestMatchIsGitsByChance(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	alphabet := strings.Fields(`a b c a / * ** / * ** ? ** [ab] [!a] [a-c] ! \* . { } - a/ /** **/ ] \a [[:alpha:]] [^/]`)
	var questions [][]string
	for range 150 {
		var patterns []string
		for range 1 + dice.IntN(3) {
			var p strings.Builder
			for range 1 + dice.IntN(6) {
				p.WriteString(alphabet[dice.IntN(len(alphabet))])
			}
			patterns = append(patterns, p.String())
		}
		questions = append(questions, patterns)
	}
	compare(t, questions, entries(`a/ a/a a/b/ a/b/c a/b/a/ a/b/a/c b/ b/a b/c c ab abc a.b bb/ bb/a/ bb/a/a bb/a/b . aa/ aa/aa/ aa/aa/a a-b a* {a} ]`))
}

// glued is a ** that is not a whole name. By git's documentation it means *; git
// itself takes it for directories where what is before it holds no wildcard.
var glued = regexp.MustCompile(`[^/!*]\*\*+/`)

// compare asks git and the package, about every question and name.
func compare(t *testing.T, questions [][]string, names []entry) {
	t.Helper()
	names = slices.DeleteFunc(names, func(e entry) bool { return e.Path == "." })
	repository := newRepository(t)
	var lists []gitignore.List
	var groups [][]string
	for _, patterns := range questions {
		list, err := gitignore.Parse(patterns)
		if err != nil || slices.ContainsFunc(patterns, glued.MatchString) {
			continue // what is refused has tests of its own
		}
		repository.ask(t, patterns, names)
		lists, groups = append(lists, list), append(groups, patterns)
	}
	ignored := repository.answers(t)
	for i, list := range lists {
		for _, e := range names {
			want := ignored[fmt.Sprintf("%d/%s", i, e.Path)]
			if got := list.Match(e.Path, e.Dir); got != want {
				t.Errorf("%q, %q (directory: %v): %v; git says %v", groups[i], e.Path, e.Dir, got, want)
			}
		}
	}
}
