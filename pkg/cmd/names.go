package cmd

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/program"
)

// name replaces the plugin's default name in the texts of help by the name of the program as it was called.
// Only these texts, which are constants in the code, are changed: all other messages
// use factory.Program or factory.Line, or are errors with a
// Hint. So no text from a cluster, a log or a file is changed.
func name(command *cobra.Command, called program.Program) {
	for _, text := range []*string{&command.Short, &command.Long, &command.Example} {
		*text = called.In(*text)
	}
	rename := func(flag *pflag.Flag) { flag.Usage = called.In(flag.Usage) }
	command.LocalFlags().VisitAll(rename)
	for _, below := range command.Commands() {
		name(below, called)
	}
}
