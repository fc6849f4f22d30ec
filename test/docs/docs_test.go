package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/test/docs"
)

// root is the project's top folder.
const root = "../.."

// pages are those that people read to use the project, by their paths below root.
func pages(t *testing.T) []string {
	t.Helper()
	pages := []string{"README.md"}
	err := filepath.WalkDir(root+"/docs", func(path string, _ fs.DirEntry, err error) error {
		if name, _ := filepath.Rel(root, path); strings.HasSuffix(name, ".md") {
			pages = append(pages, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil || len(pages) < 10 {
		t.Fatalf("%d pages: %v", len(pages), err)
	}
	return pages
}

// Every block that holds commands is run by a script, or says what it needs that a script
// does not have.
func TestEveryCommandIsRun(t *testing.T) {
	scripts := scripts(t)
	for _, page := range pages(t) {
		blocks, err := docs.Read(filepath.Join(root, page))
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range blocks {
			checkBlock(t, page, block, scripts)
		}
		indented(t, page, blocks)
	}
}

// scripts is the text of all scripts.
func scripts(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob(root + "/test/e2e/testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var scripts strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		scripts.Write(text)
	}
	return scripts.String()
}

func checkBlock(t *testing.T, page string, block docs.Block, scripts string) {
	t.Helper()
	line, language := "page "+page+"\n", "console"
	if strings.HasPrefix(page, "docs/reference/") {
		line, language = "examples "+strings.TrimSuffix(filepath.Base(page), ".md")+" ", "sh"
	}
	switch {
	case block.Needs != "" && !slices.Contains([]string{"AWS", "Ceph", "krew"}, block.Needs):
		t.Errorf("%s:%d: nothing is let off for needing %s", page, block.Line, block.Needs)
	case block.Needs != "" || block.File != "" || slices.Contains([]string{"json", "yaml", "text"}, block.Language):
	case block.Language != language:
		t.Errorf("%s:%d: a block is %s, json, yaml, text or a file, not %q", page, block.Line, language, block.Language)
	case !strings.Contains(scripts, line):
		t.Errorf("%s:%d: no script has the line %q", page, block.Line, line)
	}
}

// indented finds commands in blocks that have no fence.
func indented(t *testing.T, page string, blocks []docs.Block) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, page))
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(text), "\n") {
		inside := slices.ContainsFunc(blocks, func(b docs.Block) bool { return i >= b.Line && i <= b.Line+strings.Count(b.Text, "\n") })
		command := strings.TrimPrefix(line, "    ")
		usage := strings.HasPrefix(page, "docs/reference/")
		for _, program := range []string{"$ ", "kubectl ", "make ", "go ", "docker "} {
			if command != line && !inside && !usage && strings.HasPrefix(command, program) {
				t.Errorf("%s:%d: a command in a block without a fence", page, i+1)
			}
		}
	}
}

func TestCommands(t *testing.T) {
	block := docs.Block{Line: 7, Text: "$ one\na\n\nb\n$ two \\\n  more\n$ three\n"}
	want := []docs.Command{{8, "one\n", "a\n\nb\n"}, {12, "two \\\n  more\n", ""}, {14, "three\n", ""}}
	if diff := cmp.Diff(want, block.Commands()); diff != "" {
		t.Error(diff)
	}
}

func TestSame(t *testing.T) {
	for name, test := range map[string]struct {
		page, printed string
		want          bool
	}{
		"equal":                   {"a\nb\n", "a\nb\n", true},
		"another line":            {"a\nb\n", "a\nc\n", false},
		"a line more":             {"a\n", "a\nb\n", false},
		"a line less":             {"a\nb\n", "a\n", false},
		"nothing":                 {"", "", true},
		"something for nothing":   {"", "a\n", false},
		"durations and columns":   {"x  1.4 s  9s", "x 12.0 s    1m3s", true},
		"compression":             {"Fetched 1 file, 575 KiB in 1 s", "Fetched 1 file, 575 KiB (505 KiB over the network) in 1.2 s", true},
		"a number is no duration": {"3 files", "4 files", false},
		"a random end":            {"pod train-bcd24 ended", "pod train-x7zzl ended", true},
		"an end that is a name":   {"pod train-green ended", "pod train-brown ended", false},
		"the rest of a line":      {"job x: because ...", "job x: because of y", true},
		"another beginning":       {"job x: because ...", "job y: because of y", false},
		"any lines":               {"a\n...\nz", "a\nb\nc\nz", true},
		"any lines, none":         {"a\n...\nz", "a\nz", true},
		"any lines, another end":  {"a\n...\nz", "a\nb\ny", false},
		"progress":                {"a", "connecting to the helper pod (6s)\n4.0 MiB of 9.5 MiB (42%), 1.2 MiB/s\na", true},
		"no progress":             {"a", "Fetched 1 file (6s)\na", false},
		"what comes and goes":     {"a", "job x does not run yet: ContainerCreating\njob x is running\na", true},
		"what comes and any":      {"a\n...\nz", "a\njob x is running\nb\nz", true},
		"comes before any":        {"a\nb\n...", "a\njob x is running\nb\nz", true},
		"shown, and not there":    {"job x is running\na", "a", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := docs.Same(test.page, test.printed); got != test.want {
				t.Errorf("%v", got)
			}
		})
	}
}
