package words_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/test/words"
)

// root is the top directory of the project.
const root = "../.."

// The limits of the project's own code. Lower them when the code improves; do not raise them.
const (
	// maxFunctionWords is a percentage of all declared identifiers.
	maxFunctionWords     = 0.5
	maxVagueFunctions    = 3
	maxTripleAssignments = 0
)

// files returns the files below the top directory that match accepts, by their slash-separated paths. It skips what is
// built and what is data of tests.
func files(t *testing.T, accept func(name string) bool) map[string][]byte {
	t.Helper()
	texts := map[string][]byte{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		if entry.IsDir() {
			if slices.Contains([]string{".git", "bin", "dist", "testdata"}, entry.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if entry.Type().IsRegular() && accept(entry.Name()) {
			texts[filepath.ToSlash(name)], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// isPage reports whether people read a file: pages, manifests, issue templates and settings, with their comments.
func isPage(name string) bool {
	return slices.Contains([]string{".md", ".yaml", ".yml", ".sh"}, filepath.Ext(name)) || name == "Makefile"
}

func isSource(name string) bool {
	return strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go")
}

func TestPagesArePlain(t *testing.T) {
	pages := files(t, isPage)
	for _, name := range []string{
		"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "docs/tutorial.md", "docs/reference/run.md", ".krew.yaml", "plugins.yaml",
		".github/ISSUE_TEMPLATE/bug.yml",
	} {
		if len(pages[name]) == 0 {
			t.Errorf("%s was not read", name)
		}
	}
	for name, text := range pages {
		for _, finding := range words.InText(string(text)) {
			t.Errorf("%s:%d: replace %q", name, finding.Line, finding.Text)
		}
	}
}

// With -v, it lists all that it counts.
func TestCodeIsPlain(t *testing.T) {
	sources := files(t, isSource)
	if len(sources) < 100 {
		t.Fatalf("only %d Go files were read", len(sources))
	}
	var code words.Code
	for name, text := range sources {
		if err := code.Add(name, text); err != nil {
			t.Fatal(err)
		}
	}
	for _, finding := range code.Phrases {
		t.Errorf("%s:%d: replace %q", finding.File, finding.Line, finding.Text)
	}
	share := 100 * float64(len(code.FunctionWords)) / float64(code.Identifiers)
	t.Logf("identifiers that are function words: %d of %d (%.2f %%)", len(code.FunctionWords), code.Identifiers, share)
	if share > maxFunctionWords {
		t.Errorf("identifiers that are function words: %.2f %% (limit %.2f %%): %s", share, maxFunctionWords, frequent(code.FunctionWords))
	}
	atMost(t, "functions named by a vague verb", code.VagueFunctions, maxVagueFunctions)
	atMost(t, "assignments of three or more values", code.TripleAssignments, maxTripleAssignments)
	if testing.Verbose() {
		for _, finding := range slices.Concat(code.FunctionWords, code.VagueFunctions, code.TripleAssignments) {
			t.Logf("%s:%d: %s", finding.File, finding.Line, finding.Text)
		}
	}
}

func atMost(t *testing.T, description string, findings []words.Finding, limit int) {
	t.Helper()
	t.Logf("%s: %d", description, len(findings))
	if len(findings) > limit {
		t.Errorf("%s: %d (limit %d); \"go test -v -run %s ./test/words\" lists them", description, len(findings), limit, t.Name())
	}
}

// frequent returns the most frequent names, with their numbers.
func frequent(findings []words.Finding) string {
	counts := map[string]int{}
	for _, finding := range findings {
		counts[finding.Text]++
	}
	var names []string
	for name := range counts {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return counts[b] - counts[a] })
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %d", name, counts[name])
	}
	return strings.Join(names[:min(len(names), 12)], ", ")
}

func TestInText(t *testing.T) {
	for text, want := range map[string][]words.Finding{
		"":                                 nil,
		"must be a quantity":               nil,
		"a quantity is expected":           {{Line: 1, Text: "is expected"}},
		"One\ntwo. Nobody\nasked somebody": {{Line: 2, Text: "nobody"}, {Line: 3, Text: "somebody"}},
		"# One of those\n# that match":     {{Line: 1, Text: "those that"}},
		"keeps those\n   that match, and what\n\tis here": {{Line: 1, Text: "those that"}, {Line: 2, Text: "what is here"}},
	} {
		if diff := cmp.Diff(want, words.InText(text)); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func TestCode(t *testing.T) {
	const source = "package x\n\n" +
		"import \"fmt\"\n\n" +
		"// somebody is in a comment only\n" +
		"func take(from string) (n int, all error) {\n" +
		"\tone := fmt.Sprint(\"a quantity is expected\")\n" +
		"\ta, b, c := 1, 2, 3\n" +
		"\tfor _, there := range from {\n" +
		"\t\tprintln(one + \"the jobs go\" + `es\non`, a, there)\n" +
		"\t}\n" +
		"\tconst text = \"goes \" +\n" +
		"\t\t\"with\"\n" +
		"\tprintln(`first\n" +
		"\tis none`)\n" +
		"\tx, y, z := triple()\n" +
		"\treturn\n" +
		"}\n"
	var code words.Code
	if err := code.Add("x.go", []byte(source)); err != nil {
		t.Fatal(err)
	}
	finding := func(line int, text string) words.Finding { return words.Finding{File: "x.go", Line: line, Text: text} }
	want := words.Code{
		Identifiers:       13,
		FunctionWords:     []words.Finding{finding(6, "from"), finding(6, "all"), finding(7, "one"), finding(9, "there")},
		VagueFunctions:    []words.Finding{finding(6, "take")},
		TripleAssignments: []words.Finding{finding(8, "3 values")},
		Phrases:           []words.Finding{finding(7, "is expected"), finding(13, "goes with"), finding(16, "is none")},
	}
	if diff := cmp.Diff(want, code); diff != "" {
		t.Error(diff)
	}
}
