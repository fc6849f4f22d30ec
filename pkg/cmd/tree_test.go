package cmd

import (
	"bytes"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	plain "github.com/kubectl-batch/kubectl-batch/test/words"
)

// tree is the command tree as main makes it.
func tree() (root *cobra.Command, out *bytes.Buffer) {
	streams, _, out, _ := genericiooptions.NewTestIOStreams()
	return Default(streams, func(string) (string, bool) { return "", false }), out
}

// everyCommand calls see with each command that is not hidden.
func everyCommand(t *testing.T, see func(*testing.T, *cobra.Command)) {
	t.Helper()
	root, _ := tree()
	for _, command := range append([]*cobra.Command{root}, root.Commands()...) {
		if !command.Hidden {
			t.Run(command.Name(), func(t *testing.T) { see(t, command) })
		}
	}
}

var (
	short = regexp.MustCompile(`^[A-Z].*[^.]$`)
	// Words that may begin the description of a flag in small letters.
	usage = regexp.MustCompile(`^([A-Z]|none,|json:|wide,)`)
)

func TestTreeIsDescribed(t *testing.T) {
	// For these, the short text says everything.
	bare := []string{"version", "options"}
	everyCommand(t, func(t *testing.T, command *cobra.Command) {
		t.Helper()
		if !short.MatchString(command.Short) {
			t.Errorf("Short is %q: a capital first and no full stop are expected", command.Short)
		}
		if command.Long == "" {
			t.Error("there is no Long")
		}
		if command.Example == "" && !slices.Contains(bare, command.Name()) {
			t.Error("there is no Example")
		}
	})
}

func TestTreeFlags(t *testing.T) {
	// cli-runtime's own flags break kubectl's convention.
	foreign := []string{"output", "template", "allow-missing-template-keys", "show-managed-fields", "help"}
	everyCommand(t, func(t *testing.T, command *cobra.Command) {
		t.Helper()
		taken := map[string]string{}
		for _, set := range []*pflag.FlagSet{command.LocalNonPersistentFlags(), command.InheritedFlags()} {
			set.VisitAll(func(flag *pflag.Flag) {
				if former, ok := taken[flag.Shorthand]; ok && flag.Shorthand != "" {
					t.Errorf("-%s is --%s and --%s", flag.Shorthand, former, flag.Name)
				}
				taken[flag.Shorthand] = flag.Name
			})
		}
		command.LocalNonPersistentFlags().VisitAll(func(flag *pflag.Flag) {
			ours := !slices.Contains(foreign, flag.Name)
			if ours && (!usage.MatchString(flag.Usage) || strings.HasSuffix(flag.Usage, ".")) {
				t.Errorf("--%s is described as %q: a capital first and no full stop are expected", flag.Name, flag.Usage)
			}
		})
	})
}

// A flag means the same in every command.
func TestTreeShorthands(t *testing.T) {
	want := map[string][]string{
		"A": {"all-namespaces"}, "d": {"dir"}, "e": {"env"}, "f": {"filename", "follow"}, "l": {"selector"}, "n": {"namespace"},
		"o": {"output"}, "q": {"quiet"}, "s": {"server"}, "y": {"yes"}, "h": {"help"},
	}
	everyCommand(t, func(t *testing.T, command *cobra.Command) {
		t.Helper()
		command.Flags().VisitAll(func(flag *pflag.Flag) {
			if flag.Shorthand != "" && !slices.Contains(want[flag.Shorthand], flag.Name) {
				t.Errorf("-%s is --%s", flag.Shorthand, flag.Name)
			}
		})
	})
}

// parse reads a command line through the tree, without running it.
func parse(words ...string) error {
	root, _ := tree()
	command, rest, err := root.Find(words[2:])
	if err != nil {
		return err
	}
	if command == root {
		return errors.New("there is no such command")
	}
	if err := command.ParseFlags(rest); err != nil {
		return err
	}
	return command.ValidateArgs(command.Flags().Args())
}

func TestTreeExamplesParse(t *testing.T) {
	lines := 0
	everyCommand(t, func(t *testing.T, command *cobra.Command) {
		t.Helper()
		for line := range strings.Lines(command.Example) {
			for part := range strings.SplitSeq(line, "&&") {
				if part = strings.TrimSpace(part); !strings.HasPrefix(part, "kubectl batch") {
					continue
				}
				lines++
				if err := parse(strings.Fields(part)...); err != nil {
					t.Errorf("%s: %v", part, err)
				}
			}
		}
	})
	if lines < 15 {
		t.Errorf("only %d lines of examples were found", lines)
	}
	for _, wrong := range []string{"kubectl batch run x --imag=y", "kubectl batch fetsh x", "kubectl batch list --state"} {
		if parse(strings.Fields(wrong)...) == nil {
			t.Errorf("%s: parsed", wrong)
		}
	}
}

// Help needs no kubeconfig, ends with the exit statuses, and contains the words that
// users type.
func TestTreeHelp(t *testing.T) {
	t.Setenv("KUBECONFIG", t.TempDir()+"/none")
	everyCommand(t, func(t *testing.T, command *cobra.Command) {
		t.Helper()
		root, out := tree()
		args := []string{command.Name(), "--help"}
		if command.Name() == root.Name() {
			args = args[1:]
		}
		root.SetArgs(args)
		if err := root.ExecuteContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		help := out.String()
		if command.Name() != root.Name() && !strings.Contains(help, exit.Table(command)) {
			t.Errorf("no table of exit statuses in:\n%s", help)
		}
		if !strings.Contains(help, "kubectl batch") || strings.Contains(help, "kubectl-batch ") {
			t.Errorf("the program is kubectl batch, in:\n%s", help)
		}
	})
}

// TestTreeHelpIsPlain covers texts that are no string literals: composed texts, and those of cli-runtime.
func TestTreeHelpIsPlain(t *testing.T) {
	root, out := tree()
	commands := 0
	everyBelow(root, func(command *cobra.Command) {
		out.Reset()
		if err := command.Help(); err != nil {
			t.Fatal(err)
		}
		commands++
		for _, finding := range plain.InText(out.String()) {
			t.Errorf("%s --help, line %d: replace %q", command.CommandPath(), finding.Line, finding.Text)
		}
	})
	if commands < 10 {
		t.Errorf("only %d commands were checked", commands)
	}
	for _, finding := range plain.InText(describeAll(root.PersistentFlags())) {
		t.Errorf("%s options, line %d: replace %q", root.CommandPath(), finding.Line, finding.Text)
	}
}

func TestOptions(t *testing.T) {
	root, out := tree()
	root.SetArgs([]string{"options"})
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"--kubeconfig", "--context", "\n    -n, --namespace NAMESPACE\n\t", "$HOME/.kube/cache"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is missing in:\n%s", want, out)
		}
	}
}

func TestVersionAsksNoCluster(t *testing.T) {
	cluster := faketest.New()
	got := execute(t, cluster, "version")
	if got.Status != 0 || !strings.HasPrefix(got.Stdout, "kubectl-batch ") || !strings.HasSuffix(got.Stdout, "\nhelper image: "+helper.DefaultImage+"\n") || len(cluster.Calls()) > 0 {
		t.Errorf("%+v", got)
	}
}

func TestTreeExitStatuses(t *testing.T) {
	root, _ := tree()
	for name, want := range map[string][]string{
		"list":    {"0", "1", "2", "130", "143"},
		"fetch":   {"0", "1", "2", "124", "130", "143"},
		"run":     {"0", "1", "2", "124", "125", "130", "143", "other"},
		"wait":    {"0", "2", "124", "125", "130", "143", "other"},
		"version": {"0", "1", "2"},
	} {
		command, _, err := root.Find([]string{name})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, row := range exit.RowsOf(command) {
			got = append(got, row.Status)
		}
		equal(t, got, want)
	}
	want := exit.Row{Status: "125", Meaning: "wait: the command itself failed, for example because no job matches; the status of the jobs is unknown"}
	if rows := exit.Rows(root); !slices.Contains(rows, want) {
		t.Errorf("%v lacks %v", rows, want)
	}
}
