// Package options is `kubectl batch options`: the flags that every verb takes.
package options

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/factory"
)

// NewCommand returns the options command.
func NewCommand(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:   "options",
		Short: "Print the flags that every command takes",
		Long:  "Print the flags that every command takes: they are kubectl's own.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.Answer("The following flags can be passed to any command:\n\n" + strings.TrimSuffix(cmd.InheritedFlags().FlagUsages(), "\n"))
		},
	}
}
