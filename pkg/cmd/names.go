package cmd

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/program"
)

// name puts the name by which the program was called into what help says. These texts stand
// in the code, with our own name, and are the only ones that are rewritten: whatever else is
// said is made with factory.Program or factory.Line in the first place, or is an error with a
// Hint. So nothing that comes from a cluster, a log or a file is ever touched.
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
