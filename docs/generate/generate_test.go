package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
)

// The reference says what the program says.
func TestUpToDate(t *testing.T) {
	want, got := pages(tree()), map[string]string{}
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
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	got["../README.md"] = string(text)
	if want["../README.md"], err = withCommands(string(text), tree()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/reference or README.md is not what `make docs` writes:\n%s", diff)
	}
}

func TestEveryPage(t *testing.T) {
	root := tree()
	texts := pages(root)
	for _, command := range visible(root) {
		text := texts[file(command)]
		if command.HasExample() && (!strings.Contains(text, "\n## Examples\n") || !strings.Contains(text, command.CommandPath())) {
			t.Errorf("%s has no examples:\n%s", file(command), text)
		}
		for _, row := range exit.RowsOf(command) {
			checkRow(t, file(command), text, row)
		}
	}
	for _, row := range exit.Rows(root) {
		checkRow(t, "README.md", texts["README.md"], row)
	}
}

var (
	flagInHelp = regexp.MustCompile(`(?m)^    (?:-\w, )?--([\w-]+)`)
	flagInPage = regexp.MustCompile("(?m)^\\| (?:`-\\w`, )?`--([\\w-]+)")
)

func TestFlagsInTheOrderOfHelp(t *testing.T) {
	root := tree()
	texts := pages(root)
	for _, command := range visible(root) {
		help, page := flags(flagInHelp, command.UsageString()), flags(flagInPage, texts[file(command)])
		if diff := cmp.Diff(help, page); diff != "" {
			t.Errorf("%s has the flags in another order than the help:\n%s", file(command), diff)
		}
	}
}

func flags(pattern *regexp.Regexp, text string) (names []string) {
	for _, match := range pattern.FindAllStringSubmatch(text, -1) {
		names = append(names, match[1])
	}
	return names
}

func checkRow(t *testing.T, name, text string, row exit.Row) {
	t.Helper()
	if !strings.Contains(text, "| "+row.Status+" | "+row.Meaning+" |\n") {
		t.Errorf("%s lacks the exit status %s", name, row.Status)
	}
}

// TestReadmeListsEveryCommand: the table has the commands in the order of the help.
func TestReadmeListsEveryCommand(t *testing.T) {
	root := tree()
	table := commandTable(root)
	for _, command := range root.Commands() {
		listed := strings.Contains(table, "\n| [`"+command.Name()+"`](docs/reference/"+file(command)+") | "+command.Short+" |\n")
		if shown := !command.Hidden && command.Name() != "options"; listed != shown {
			t.Errorf("%s is listed: %v, in:\n%s", command.Name(), listed, table)
		}
	}
	if strings.Index(table, "`run`") > strings.Index(table, "`cancel`") {
		t.Errorf("cancel is before run in:\n%s", table)
	}
}
