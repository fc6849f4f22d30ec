// Package cmd is the command tree of `kubectl batch`: the root with kubectl's
// own global flags, and below it one package a verb.
package cmd

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	utilrand "k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	// kubectl's auth plugins (oidc and others; exec credentials need none).
	_ "k8s.io/client-go/plugin/pkg/client/auth"
	"k8s.io/client-go/rest"
	"k8s.io/kubectl/pkg/util/term"
	"k8s.io/utils/clock"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/cancel"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/completion"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/fetch"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flaghelp"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/jobrun"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/program"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/list"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/logs"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/options"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/purge"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/rerun"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/run"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/version"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/wait"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/kubeconfig"
)

const long = `
	Run batch jobs on Kubernetes, fetch their results and clean up.

	"run" creates a Job and, with --results, a PersistentVolumeClaim for its results. "fetch"
	copies the results to the local machine through a short-lived helper pod. "purge" deletes
	finished jobs. Nothing is installed in the cluster.`

const example = `
	# Run a job and keep its results on a new results claim
	kubectl batch run train --image=localhost/train:1 --results=10Gi

	# Follow the log, fetch the results to ./train, then delete the job
	kubectl batch logs train -f
	kubectl batch fetch train
	kubectl batch purge train`

// webSockets is false if kubectl, and therefore this plugin, must not use WebSockets for exec.
const webSockets = "KUBECTL_REMOTE_COMMAND_WEBSOCKETS"

// Main runs the command line args, the program's name first, and returns the
// exit status. It prints errors on streams.ErrOut.
func Main(ctx context.Context, streams genericiooptions.IOStreams, args []string) int {
	called := program.Of(args[0], runtime.GOOS)
	root, getter := build(streams, os.LookupEnv, called)
	root.SetArgs(words(called, args[1:]))
	command, err := root.ExecuteContextC(ctx)
	if err != nil && ctx.Err() != nil {
		err = interrupted(ctx, err)
	}
	report(streams.ErrOut, command, located(err, getter))
	pause(streams, command)
	return exit.Status(err)
}

// Default returns the command tree that reads the kubeconfig flags and the clock.
func Default(streams genericiooptions.IOStreams, lookup func(string) (string, bool)) *cobra.Command {
	root, _ := build(streams, lookup, program.Program{})
	return root
}

func build(streams genericiooptions.IOStreams, lookup func(string) (string, bool), called program.Program) (*cobra.Command, *kubeconfig.Flags) {
	config := genericclioptions.NewConfigFlags(true).WithDiscoveryBurst(300).WithDiscoveryQPS(50).WithWarningPrinter(streams)
	warnings := &kubeconfig.Warnings{To: rest.NewWarningWriter(streams.ErrOut, rest.WarningWriterOptions{
		Deduplicate: true, Color: term.AllowsColorOutput(streams.ErrOut),
	})}
	rest.SetDefaultWarningHandler(warnings)
	getter := kubeconfig.NewFlags(config, func() bool { return !strings.EqualFold(os.Getenv(webSockets), "false") })
	f := &factory.Factory{
		Program:   called,
		Client:    getter,
		Streams:   streams,
		Clock:     clock.RealClock{},
		CacheDir:  cacheDir(),
		LookupEnv: lookup,
		Suffix:    utilrand.String,
		Warnings:  warnings,
	}
	root := New(f)
	addGlobal(root, config, getter)
	completeGlobal(root, f, getter)
	return root, getter
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
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: f.Program.String()},
		Short:         "Run batch jobs, fetch their results and clean up",
		Long:          dedent(long),
		Example:       examples(example),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          unknownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		DisableFlagsInUseLine: true,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp) // few words here are files
	root.SetIn(f.Streams.In)
	root.SetOut(f.Streams.Out)
	root.SetErr(f.Streams.ErrOut)
	root.DisableSuggestions = true // unknownCommand knows better
	results := jobrun.Fetcher{Ready: fetch.Ready(f), Results: fetch.Results(f)}
	groups := []group{
		{"Job Commands:", []*cobra.Command{run.NewCommand(f, results), rerun.NewCommand(f, results), list.NewCommand(f), logs.NewCommand(f), wait.NewCommand(f), fetch.NewCommand(f)}},
		{"Cleanup Commands:", []*cobra.Command{cancel.NewCommand(f), purge.NewCommand(f)}},
	}
	for _, group := range groups {
		root.AddCommand(group.commands...)
	}
	setHelp(root, groups)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return flagError(cmd, err, f.Program) })
	root.AddCommand(completion.NewCommand(f), version.NewCommand(f), options.NewCommand(f, describeAll))
	finish(root)
	hideHelp(root)
	name(root, f.Program)
	return root
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

// finish prepares the texts of every verb for help, and makes wrong arguments usage errors.
func finish(root *cobra.Command) {
	for _, verb := range root.Commands() {
		finish(verb)
		verb.DisableFlagsInUseLine = true
		verb.Long = dedent(verb.Long)
		verb.LocalNonPersistentFlags().VisitAll(flaghelp.NameValue)
		if format := verb.Flags().Lookup("output"); format != nil {
			flaghelp.SetValue(format, "FORMAT")
		}
		verb.Example = examples(verb.Example)
		check := verb.Args
		verb.Args = func(cmd *cobra.Command, args []string) error {
			if err := errors.Join(emptyFlag(cmd), checkUser(cmd)); err != nil || check == nil {
				return err
			}
			return wrongArguments(cmd, check(cmd, args), args)
		}
	}
}

// emptyFlag refuses a flag with an empty value, which usually comes from an unset shell
// variable: without the intended filter or limit, the command would do something
// else.
func emptyFlag(cmd *cobra.Command) (err error) {
	local := cmd.LocalNonPersistentFlags()
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		empty := flag.Value.Type() == "string" && flag.Value.String() == "" && flag.Name != "output" ||
			flag.Value.Type() == "stringSlice" && flag.Value.String() == "[]"
		if local.Lookup(flag.Name) != nil && empty {
			err = exit.Usagef("invalid value \"\" for --%s: must not be empty; check that the shell variable is set", flag.Name)
		}
	})
	return err
}

// dedent removes the indentation that a text has in the code.
func dedent(text string) string {
	return strings.ReplaceAll(strings.TrimSpace(text), "\n\t", "\n")
}

// wrongArguments rewords cobra's error about the number of arguments.
func wrongArguments(cmd *cobra.Command, err error, args []string) error {
	if err != nil && len(args) == 0 {
		return exit.Usagef("missing argument JOB; run \"%s list\" to see jobs", cmd.Root().CommandPath())
	}
	if err != nil {
		return exit.Usagef("unexpected argument %q", args[len(args)-1])
	}
	return nil
}
