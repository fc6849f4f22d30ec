// Package complete has what completes the words of a command line, for every verb.
//
// What it promises: a word that needs no cluster asks none. One that does costs a list, which
// ends when there is enough to offer; after patience nothing is offered. What goes wrong is not
// told: the line that somebody is typing would break.
package complete

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
)

// Func gives what a word can become, a word each, with a tab between it and what it means.
type Func = cobra.CompletionFunc

// Flags says what completes the values of flags of cmd, by their names. Without it a flag
// offers nothing.
func Flags(cmd *cobra.Command, functions map[string]Func) {
	for name, complete := range functions {
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

// List offers values for a flag that takes several, with commas between.
func List(values []string) Func {
	return func(_ *cobra.Command, _ []string, word string) (words []string, _ cobra.ShellCompDirective) {
		former, current := "", word
		if i := strings.LastIndex(word, ","); i >= 0 {
			former, current = word[:i+1], word[i+1:]
		}
		for _, value := range values {
			if begins(value, current) && !slices.Contains(strings.Split(former, ","), value) {
				words = append(words, former+value)
			}
		}
		return words, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
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

// Ready does what comes before every command that runs: none has, for a completion.
func Ready(cmd *cobra.Command) {
	if prepare := cmd.Root().PersistentPreRun; prepare != nil {
		prepare(cmd, nil)
	}
}

// Unless offers nothing where names are refused beside a flag that was typed.
func Unless(refused func() bool, offer Func) Func {
	return func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		if refused() {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return offer(cmd, args, word)
	}
}

// beginning returns those of words that begin with word.
func beginning(words []string, word string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(candidate string) bool { return !begins(candidate, word) })
}

// described puts what it means behind a word.
func described(word string, meaning ...string) string {
	text := printable.Escape(strings.Join(slices.DeleteFunc(meaning, func(text string) bool { return text == "" }), ", "))
	return strings.TrimSuffix(word+"\t"+text, "\t")
}
