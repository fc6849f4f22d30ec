// Package tab has what completes the words of a command line, for every verb.
//
// What it promises: a word that needs no cluster asks none. One that does costs one list of at
// most listed objects, and after patience nothing is offered. What goes wrong is not told: the
// line that somebody is typing would break.
package tab

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/kubectl-batch/kubectl-batch/pkg/cluster"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/factory"
)

const (
	// listed is how many objects are asked for: more are no help to anybody.
	listed = 300
	// patience is how long a Tab may take.
	patience = 3 * time.Second
)

// Func gives what a word can become, a word each, with a tab between it and what it means.
type Func = cobra.CompletionFunc

// Flags says what completes the values of flags of cmd, by their names. Without it a flag
// offers nothing.
func Flags(cmd *cobra.Command, by map[string]Func) {
	for name, complete := range by {
		// A flag that is not there, or twice, is found by the test of all flags.
		_ = cmd.RegisterFlagCompletionFunc(name, complete)
	}
}

// Values offers these.
func Values(values ...string) Func {
	return func(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		return beginning(values, word), cobra.ShellCompDirectiveNoFileComp
	}
}

// Files offers the files of this machine, Folders its folders.
func Files(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveDefault
}

// Folders offers the folders of this machine.
func Folders(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// Manifests offers files that can be manifests.
func Manifests(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"json", "yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
}

// ask asks the cluster, and gives up in time. Whoever is asked may not look at the context: a
// program that gets credentials does not.
func ask[T any](cmd *cobra.Command, f *factory.Factory, question func(context.Context, cluster.Interface, string) ([]T, error)) []T {
	ctx, cancel := context.WithTimeout(cmd.Context(), patience)
	defer cancel()
	Ready(cmd)
	answer := make(chan []T, 1)
	go func() {
		client, namespace, err := f.Cluster()
		if err != nil {
			answer <- nil
			return
		}
		all, _ := question(ctx, client, namespace) // nothing, where it failed
		answer <- all
	}()
	select {
	case <-ctx.Done():
		return nil
	case all := <-answer:
		return all
	}
}

// Ready does what comes before every command that runs: none has, for a completion.
func Ready(cmd *cobra.Command) {
	if first := cmd.Root().PersistentPreRun; first != nil {
		first(cmd, nil)
	}
}

// beginning returns those of words that begin with word. What would break a line of the
// answer is left out.
func beginning(words []string, word string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(one string) bool {
		name, _, _ := strings.Cut(one, "\t")
		return !strings.HasPrefix(name, word) || strings.ContainsFunc(name, unicode.IsControl)
	})
}

// described puts what it means behind a word.
func described(word string, meaning ...string) string {
	text := strings.Join(slices.DeleteFunc(meaning, func(one string) bool { return one == "" }), ", ")
	return strings.TrimSuffix(word+"\t"+text, "\t")
}
