// Package cmd is the command tree of `kubectl batch`: the root with kubectl's
// own global flags, and below it one package a verb.
package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	utilrand "k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	// kubectl's auth plugins (oidc and others; exec credentials need none).
	_ "k8s.io/client-go/plugin/pkg/client/auth"
	"k8s.io/client-go/rest"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/kubectl/pkg/util/templates"
	"k8s.io/kubectl/pkg/util/term"
	"k8s.io/utils/clock"

	"github.com/kubectl-batch/kubectl-batch/pkg/client"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/cancel"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/fetch"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/list"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/logs"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/options"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/purge"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/rerun"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/run"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/version"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/wait"
)

const long = `
	Run batch jobs on Kubernetes, bring their results home, and clean up.

	'run' makes a Job and the volume for its results, 'fetch' copies the results
	to this machine through a short-lived helper pod, 'purge' deletes what is
	finished. Nothing is installed in the cluster.`

const example = `
	# Run a job whose results stay on a volume
	kubectl batch run train --image=localhost/train:1 --results=10Gi

	# Follow its log, copy its results to ./train, delete it
	kubectl batch logs train -f
	kubectl batch fetch train
	kubectl batch purge train`

// Main runs the command line args, the program's name first, and returns the
// exit status. What went wrong is said on streams.ErrOut.
func Main(ctx context.Context, streams genericiooptions.IOStreams, args []string) int {
	root := Default(streams, os.LookupEnv)
	root.SetArgs(args[1:])
	called, err := root.ExecuteContextC(ctx)
	if err != nil && ctx.Err() != nil {
		err = interrupted(err)
	}
	report(streams.ErrOut, called, err)
	pause(streams, called)
	return exit.Status(err)
}

// interrupted says what Ctrl-C left half done, where that is more than the fact.
func interrupted(err error) error {
	lines := []string{"interrupted"}
	for line := range strings.Lines(err.Error()) {
		if line = strings.TrimSpace(line); !strings.Contains(line, context.Canceled.Error()) {
			lines = append(lines, line)
		}
	}
	return &exit.Error{Status: exit.Interrupted, Err: errors.New(strings.Join(lines, "; "))}
}

// report says err as kubectl says it, with the usage where the command line was wrong.
func report(out io.Writer, called *cobra.Command, err error) {
	var status *exit.Error
	if err == nil || errors.As(err, &status) && status.Err == nil {
		return
	}
	message, ok := cmdutil.StandardErrorMessage(err)
	if !ok {
		message = err.Error()
	}
	if !strings.HasPrefix(message, "error: ") && !strings.HasPrefix(message, "Error from server") {
		message = "error: " + message
	}
	if status != nil && status.Status == exit.Usage {
		message += fmt.Sprintf("\n\nUsage:\n  %s\n\n'%s --help' shows the flags and examples.", called.UseLine(), called.CommandPath())
	}
	_, _ = fmt.Fprintln(out, factory.Printable(message))
}

// Default returns the command tree that reads the kubeconfig flags and the clock.
func Default(streams genericiooptions.IOStreams, lookup func(string) (string, bool)) *cobra.Command {
	config := genericclioptions.NewConfigFlags(true).WithDiscoveryBurst(300).WithDiscoveryQPS(50).WithWarningPrinter(streams)
	warnings := &client.Warnings{To: rest.NewWarningWriter(streams.ErrOut, rest.WarningWriterOptions{
		Deduplicate: true, Color: term.AllowsColorOutput(streams.ErrOut),
	})}
	rest.SetDefaultWarningHandler(warnings)
	f := &factory.Factory{
		Client:    client.NewFlags(config, func() bool { return !cmdutil.RemoteCommandWebsockets.IsDisabled() }),
		Streams:   streams,
		Clock:     clock.RealClock{},
		CacheDir:  cacheDir(),
		LookupEnv: lookup,
		Suffix:    utilrand.String,
		Warnings:  warnings,
	}
	root := New(f)
	addGlobal(root, config)
	return root
}

func cacheDir() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "kubectl-batch")
}

// New returns the command tree over f, without the kubeconfig flags.
func New(f *factory.Factory) *cobra.Command {
	root := &cobra.Command{
		Use:           "kubectl-batch",
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl batch"},
		Short:         "Run batch jobs, fetch their results, clean up",
		Long:          dedent(long),
		Example:       templates.Examples(example),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          unknownVerb,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		DisableFlagsInUseLine: true,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetIn(f.Streams.In)
	root.SetOut(f.Streams.Out)
	root.SetErr(f.Streams.ErrOut)
	root.SuggestionsMinimumDistance = 2
	groups := templates.CommandGroups{
		{Message: "From an idea to files:", Commands: []*cobra.Command{run.NewCommand(f, fetch.Results(f)), rerun.NewCommand(f, fetch.Results(f)), list.NewCommand(f), logs.NewCommand(f), wait.NewCommand(f), fetch.NewCommand(f)}},
		{Message: "Clean up:", Commands: []*cobra.Command{cancel.NewCommand(f), purge.NewCommand(f)}},
	}
	groups.Add(root)
	templates.ActsAsRootCommand(root, []string{"options"}, groups...)
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(version.NewCommand(f), options.NewCommand(f))
	finish(root)
	hideHelp(root)
	root.SetHelpFunc(displayName(root.HelpFunc(), f.Streams.Out))
	return root
}

// displayName makes help say "kubectl batch" throughout: kubectl's own template
// has one line that takes the name of the binary.
func displayName(help func(*cobra.Command, []string), out io.Writer) func(*cobra.Command, []string) {
	return func(cmd *cobra.Command, args []string) {
		var text bytes.Buffer
		cmd.SetOut(&text)
		help(cmd, args)
		cmd.SetOut(out)
		_, _ = io.WriteString(out, strings.ReplaceAll(text.String(), `Use "kubectl-batch `, `Use "kubectl batch `))
	}
}

// hideHelp keeps `kubectl batch help VERB` working, and out of the list of verbs.
func hideHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	for _, command := range root.Commands() {
		if command.Name() == "help" {
			command.Hidden = true
		}
	}
}

// finish gives every verb its table of exit statuses, and makes wrong arguments usage errors.
func finish(root *cobra.Command) {
	for _, verb := range root.Commands() {
		verb.DisableFlagsInUseLine = true
		verb.Long = dedent(verb.Long) + "\n\n" + exit.Table()
		verb.Example = templates.Examples(verb.Example)
		groupFlags(verb)
		check := verb.Args
		verb.Args = func(cmd *cobra.Command, args []string) error {
			if err := emptyFlag(cmd); err != nil || check == nil {
				return err
			}
			return wrongArguments(check(cmd, args), args)
		}
	}
}

// emptyFlag refuses a flag whose value is empty, as that of a variable of the shell
// that is not set: without the filter or the limit that was meant, a command does something
// else.
func emptyFlag(cmd *cobra.Command) (err error) {
	own := cmd.LocalNonPersistentFlags()
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		if own.Lookup(flag.Name) != nil && flag.Value.Type() == "string" && flag.Value.String() == "" && flag.Name != "output" {
			err = exit.Usagef("--%s: its value is empty (is a variable of the shell not set?)", flag.Name)
		}
	})
	return err
}

// dedent takes away the indentation that the code gives a text.
func dedent(text string) string {
	return strings.ReplaceAll(strings.TrimSpace(text), "\n\t", "\n")
}

// wrongArguments words what cobra says of the number of arguments.
func wrongArguments(err error, args []string) error {
	if err != nil && len(args) == 0 {
		return exit.Usagef("JOB is missing: kubectl batch list shows what is there")
	}
	return exit.With(exit.Usage, err)
}

func unknownVerb(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	message := fmt.Sprintf("there is no command %q", args[0])
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		message += fmt.Sprintf("; %q is near", strings.Join(near, `", "`))
	}
	return exit.Usagef("%s", message)
}
