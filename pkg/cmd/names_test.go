package cmd

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/program"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
)

// otherNames are file names that krew may give to the program, with the words that users then type.
func otherNames() map[string]program.Program {
	return map[string]program.Program{
		"kubectl batch-jobs": program.Of("/home/dev/.krew/bin/kubectl-batch_jobs", "linux"),
		"kubectl lab jobs":   program.Of(`C:\krew\KUBECTL-LAB-JOBS.exe`, "windows"),
	}
}

// foreign reports whether text names the program otherwise than it was called.
func foreign(text, name string) bool {
	return strings.Contains(strings.ReplaceAll(text, name, ""), "kubectl batch") || strings.Contains(text, `"kubectl-batch `)
}

// Help contains the words that users type, whatever the name of the program is.
func TestNamesInHelp(t *testing.T) {
	for name, called := range otherNames() {
		streams, _, out, _ := genericiooptions.NewTestIOStreams()
		lookup := func(string) (string, bool) { return "", false }
		var paths [][]string
		everyBelow(commandsOf(streams, lookup, called), func(command *cobra.Command) {
			paths = append(paths, strings.Fields(command.CommandPath())[len(strings.Fields(name)):])
		})
		if len(paths) < 12 {
			t.Fatalf("only %d commands: %v", len(paths), paths)
		}
		for _, path := range paths {
			t.Run(name+" "+strings.Join(path, " "), func(t *testing.T) {
				out.Reset()
				root := commandsOf(streams, lookup, called)
				root.SetArgs(append(path, "--help"))
				if err := root.ExecuteContext(t.Context()); err != nil {
					t.Fatal(err)
				}
				if help := out.String(); !strings.Contains(help, name) || foreign(help, name) {
					t.Error(help)
				}
			})
		}
	}
}

// everyBelow calls see with a command and all that are below it.
func everyBelow(command *cobra.Command, see func(*cobra.Command)) {
	see(command)
	for _, below := range command.Commands() {
		everyBelow(below, see)
	}
}

// So do usage, errors, hints and suggested lines.
func TestNamesInWhatIsSaid(t *testing.T) {
	for name, called := range otherNames() {
		for line, want := range map[string]string{
			"wait":                            "missing argument JOB; run \"NAME list\" to see jobs, or select jobs with -l, --mine or --state\n\nUsage:\n  NAME wait (JOB... | -l SELECTOR | --mine | --state STATE)\n\nRun \"NAME wait --help\" for",
			"nosuch":                          "Run \"NAME --help\" for",
			"run x -it":                       "NAME logs NAME -f",
			"logs gone":                       `no job "gone" in namespace "lab"; run "NAME list" to see jobs`,
			"list gone lost":                  "namespace \"lab\"; run \"NAME list\" to see jobs\nno job \"lost\" in namespace \"lab\"; run \"NAME list\" to see jobs\n",
			"logs job/train:/results/a":       `invalid argument "job/train:/results/a": a path must be a separate argument; run "NAME fetch job/train /results/a"`,
			"fetch train .":                   "NAME fetch train -d .",
			"wait failed":                     "NAME logs failed",
			"purge train --volumes -y":        "results not fetched; run \"NAME fetch NAME\", or use --discard-unfetched to delete them",
			"run x --image=i":                 "NAME wait x",
			"run x --image=i --script=SCRIPT": "-o out: NAME logs",
		} {
			t.Run(name+" "+line, func(t *testing.T) {
				script := filepath.Join(t.TempDir(), "script")
				if err := os.WriteFile(script, []byte("#!/bin/sh\n#SBATCH -o out\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				lost := failed("failed", 0)
				cluster := faketest.New(lost, done("train", time.Hour, made("train-results")), results(corev1.ClaimBound, "1Gi"),
					faketest.PodOf(lost, "failed-x", corev1.PodFailed, faketest.Exited(3)))
				words := strings.Fields(strings.ReplaceAll(line, "SCRIPT", script))
				got := executeAs(t, cluster, func(f *factory.Factory) { f.Program = called }, words...)
				// NAME in the text of habits is a separate word.
				if want := strings.ReplaceAll(want, "NAME", name); !strings.Contains(strings.ReplaceAll(got.Stderr, "NAME", name), want) {
					t.Errorf("%s; want %s", got.Stderr, want)
				}
				if foreign(got.Stdout+got.Stderr, name) {
					t.Errorf("%+v", got)
				}
			})
		}
	}
}

// Foreign text does not change.
func TestNamesOfOthersStay(t *testing.T) {
	job := failed("train", time.Hour)
	job.Status.Conditions[0].Message = "kubectl batch says no"
	called := func(f *factory.Factory) { f.Program = program.Of("kubectl-batch_jobs", "linux") }
	for _, line := range []string{"wait train", "wait train -o json", "list train -o yaml"} {
		got := executeAs(t, faketest.New(job), called, strings.Fields(line)...)
		if !strings.Contains(got.Stdout, "kubectl batch says no") {
			t.Errorf("%s: %+v", line, got)
		}
	}
}

// The code contains the program's name only in texts in which it is replaced.
func TestNameIsWrittenWhereItIsRewritten(t *testing.T) {
	rewritten := []string{"long", "example", "installLong", "installExample", "containerHabits", "otherHabits", "equivalentFlag"}
	looked := 0
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		looked++
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, declaration := range file.Decls {
			if slices.Contains(rewritten, declared(declaration)) {
				continue
			}
			ast.Inspect(declaration, func(node ast.Node) bool {
				if text, ok := node.(*ast.BasicLit); ok && strings.Contains(text.Value, "kubectl batch") {
					t.Errorf("%s: %s: factory.Program knows what the program is called", set.Position(text.Pos()), text.Value)
				}
				return true
			})
		}
		return nil
	})
	if err != nil || looked < 200 {
		t.Errorf("%d files, %v", looked, err)
	}
}

// declared is the name of a function, or of what is declared alone.
func declared(declaration ast.Decl) string {
	switch typed := declaration.(type) {
	case *ast.FuncDecl:
		return typed.Name.Name
	case *ast.GenDecl:
		if value, ok := typed.Specs[0].(*ast.ValueSpec); ok && len(typed.Specs) == 1 {
			return value.Names[0].Name
		}
	}
	return ""
}

func commandsOf(streams genericiooptions.IOStreams, lookup func(string) (string, bool), called program.Program) *cobra.Command {
	root, _ := build(streams, lookup, called)
	return root
}
