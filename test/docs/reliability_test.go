package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// named are the tests that a row of a table names.
var named = regexp.MustCompile("`([A-Za-z0-9-]+)`")

// TestReliabilityPageNamesTests: each promise of docs/reliability.md names tests, and each of them exists.
func TestReliabilityPageNamesTests(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs/reliability.md"))
	if err != nil {
		t.Fatal(err)
	}
	exists := existingTests(t)
	promises := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) != 4 || strings.HasPrefix(line, "| **") || strings.HasPrefix(line, "|---") || strings.HasPrefix(line, "| Promise") {
			continue
		}
		promises++
		tests := named.FindAllStringSubmatch(cells[2], -1)
		if len(tests) == 0 {
			t.Errorf("no test shows: %s", strings.TrimSpace(cells[1]))
		}
		for _, test := range tests {
			if !exists[test[1]] {
				t.Errorf("%s does not exist; it is to show: %s", test[1], strings.TrimSpace(cells[1]))
			}
		}
	}
	if promises < 10 {
		t.Errorf("only %d promises were found on the page", promises)
	}
}

// existingTests returns the names of all Go tests and of all scripts of the project.
func existingTests(t *testing.T) map[string]bool {
	t.Helper()
	declaration := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	exists := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case strings.HasSuffix(path, ".txtar"):
			exists[strings.TrimSuffix(filepath.Base(path), ".txtar")] = hasCommands(t, path)
		case strings.HasSuffix(path, "_test.go"):
			text, err := os.ReadFile(path)
			for _, match := range declaration.FindAllStringSubmatch(string(text), -1) {
				exists[match[1]] = true
			}
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return exists
}

// hasCommands reports whether a script has a line that is not a comment. One without proves nothing and passes.
func hasCommands(t *testing.T, path string) bool {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	script, _, _ := strings.Cut(string(text), "\n-- ")
	for line := range strings.Lines(script) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			return true
		}
	}
	t.Errorf("%s has no command", path)
	return false
}
