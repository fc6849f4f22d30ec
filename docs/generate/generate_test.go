package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
)

// The reference says what the program says.
func TestUpToDate(t *testing.T) {
	want, got := reference(), map[string]string{}
	files, err := filepath.Glob("../reference/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got[filepath.Base(file)] = string(text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/reference is not what `make docs` writes:\n%s", diff)
	}
}

func TestEveryPage(t *testing.T) {
	all := reference()
	for _, verb := range []string{"run", "rerun", "list", "logs", "wait", "fetch", "cancel", "purge"} {
		if text := all[verb+".md"]; !strings.Contains(text, "\n## Examples\n") || !strings.Contains(text, "kubectl batch "+verb) {
			t.Errorf("%s.md has no examples:\n%s", verb, text)
		}
	}
	for name, text := range all {
		rows := exit.RowsOf(strings.TrimSuffix(strings.TrimPrefix(name, "completion-"), ".md"))
		if name == "README.md" {
			rows = exit.Rows()
		}
		for _, row := range rows {
			if !strings.Contains(text, "| "+row.Status+" | "+row.Meaning+" |\n") {
				t.Errorf("%s lacks the exit status %s", name, row.Status)
			}
		}
	}
}
