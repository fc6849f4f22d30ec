// Package options implements `kubectl batch options`, which lists the global flags.
package options

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
)

// NewCommand returns the options command. describe lists flags as help does.
func NewCommand(f *factory.Factory, describe func(*pflag.FlagSet) string) *cobra.Command {
	return &cobra.Command{
		Use:         "options",
		Annotations: exit.Local(),
		Short:       "Print the global flags, which every command accepts",
		Long:        "Print the flags that every command accepts: the global flags of kubectl, and --pause.",
		Args:        cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(f.Streams.Out, "The following options can be passed to any command:\n\n%s\n", describe(cmd.InheritedFlags()))
			return err
		},
	}
}
