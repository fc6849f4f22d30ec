package cmd

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// suggestedLine is a command line that the code puts together for a message; what is not a literal in it is x.
type suggestedLine struct {
	words    []string
	position string
}

// suggestedLines returns the arguments of all calls of Line, LineIn and lineOf.
func suggestedLines(t *testing.T) (lines []suggestedLine) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "factory.go") {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok || call.Ellipsis != token.NoPos {
				return true
			}
			if called, ok := call.Fun.(*ast.SelectorExpr); ok {
				skip, method := map[string]int{"Line": 0, "LineIn": 1, "lineOf": 1}[called.Sel.Name]
				if method && len(call.Args) > skip {
					lines = append(lines, suggestedLine{wordsOf(call.Args[skip:]), files.Position(call.Pos()).String()})
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// wordsOf returns the words that expressions stand for.
func wordsOf(expressions []ast.Expr) []string {
	var words []string
	for _, expression := range expressions {
		words = append(words, wordOf(expression))
	}
	return words
}

func wordOf(expression ast.Expr) string {
	switch typed := expression.(type) {
	case *ast.BasicLit:
		text, _ := strconv.Unquote(typed.Value)
		return text
	case *ast.BinaryExpr:
		return wordOf(typed.X) + wordOf(typed.Y)
	default:
		return "x"
	}
}

// Every command line that the code suggests is one of this program, and none deletes, overwrites or stops more than
// the object that it names.
func TestSuggestedLinesParse(t *testing.T) {
	verbs := map[string]bool{}
	for _, line := range suggestedLines(t) {
		if line.words[0] == "x" { // the verb is an argument of the function
			continue
		}
		verbs[line.words[0]] = true
		if len(line.words) == 1 { // the name of the job is not among the arguments
			line.words = append(line.words, "x")
		}
		if err := parse(append([]string{"kubectl", "batch"}, line.words...)...); err != nil {
			t.Errorf("%s: %q: %v", line.position, line.words, err)
		}
		for _, word := range line.words {
			if slices.Contains(unsafeFlags(), strings.TrimLeft(word, "-")) || word == "-A" || word == "-y" {
				t.Errorf("%s: %q: %s is suggested", line.position, line.words, word)
			}
		}
	}
	if len(verbs) < 5 {
		t.Errorf("only the commands %v are suggested", slices.Sorted(maps.Keys(verbs)))
	}
}

// Only texts that name the loss contain a flag that loses something; a new text must be checked.
func TestUnsafeFlagsAreNamedWithWhatTheyLose(t *testing.T) {
	suggests := regexp.MustCompile(`(?:use|add|, or|^or|\() ?((?:--[a-z-]+ )*)(--[a-z-]+)\b`)
	consequence := regexp.MustCompile(`to delete|not fetched|never fetched|loses|overwrit|replaced|fetching|again|select`)
	looked := 0
	for _, text := range literals(t) {
		for _, match := range suggests.FindAllStringSubmatch(text.text, -1) {
			for flag := range strings.FieldsSeq(match[1] + match[2]) {
				if !slices.Contains(unsafeFlags(), strings.TrimLeft(flag, "-")) {
					continue
				}
				if looked++; !consequence.MatchString(text.text) {
					t.Errorf("%s: %s is suggested without what it does: %q", text.position, flag, text.text)
				}
			}
		}
	}
	if looked < 5 {
		t.Errorf("only %d texts name such flags", looked)
	}
}
