// Package complete provides the completion of command-line words, for every verb.
//
// A word that needs no cluster causes no request. Other words need a list request, which
// ends when there are enough words; after a time limit, nothing is offered. Errors are not
// printed, because they would break the line that the user is typing.
package complete

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
)

// Func returns the possible words, each with a tab and a description.
type Func = cobra.CompletionFunc

// Flags sets the completion of the values of flags of cmd, by their names. Without it, a flag
// offers nothing.
func Flags(cmd *cobra.Command, functions map[string]Func) {
	for name, complete := range functions {
		// The test of all flags finds a flag that does not exist or is set twice.
		_ = cmd.RegisterFlagCompletionFunc(name, complete)
	}
}

// Values offers these.
func Values(values ...string) Func {
	return func(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		return beginning(values, word), cobra.ShellCompDirectiveNoFileComp
	}
}

// List offers values for a flag that accepts several, separated by commas.
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

// Ready does what otherwise precedes every command: cobra does not do it for completion.
func Ready(cmd *cobra.Command) {
	if prepare := cmd.Root().PersistentPreRun; prepare != nil {
		prepare(cmd, nil)
	}
}

// Unless offers nothing if a flag was typed that cannot be combined with names.
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

// described adds a description to a word.
func described(word string, meaning ...string) string {
	text := printable.Escape(strings.Join(slices.DeleteFunc(meaning, func(text string) bool { return text == "" }), ", "))
	return strings.TrimSuffix(word+"\t"+text, "\t")
}
