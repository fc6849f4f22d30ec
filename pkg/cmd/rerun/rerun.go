// Package rerun is `kubectl batch rerun`: a job once more, under a new name.
package rerun

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/submit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/tab"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
)

const long = `
	Make a job once more, as it was asked for, under a new name.

	Every flag of run is laid over it. Its results go to a new claim of the same size,
	storage class and access mode. With --reuse-results they go to the claim of JOB, which
	no pod may use any more, and of which the results must have been fetched (or
	--overwrite-unfetched). The script and the variables of the first job are shared, and
	stay until the last of the jobs is deleted.`

const example = `
	# The same again, with results on a new claim
	kubectl batch rerun train

	# With more memory, on a volume of its own, under a name of your choice
	kubectl batch rerun train --name=train-large --memory=64Gi --results=20Gi

	# The newest job of yours with another command, and wait for it
	kubectl batch rerun @latest --wait -- python train.py --seed 7`

// NewCommand returns the rerun command. fetch is what --fetch does.
func NewCommand(f *factory.Factory, fetch submit.Fetch) *cobra.Command {
	flags, name := submit.NewFlags(), ""
	cmd := &cobra.Command{
		Use:     "rerun JOB [-- COMMAND [ARG...]]",
		Short:   "Make a job once more, under a new name",
		Long:    long,
		Example: example,
		Args:    cobra.MinimumNArgs(1),

		ValidArgsFunction: tab.OneJob(f, tab.Any),
		RunE: func(cmd *cobra.Command, args []string) error {
			typed, err := submit.Split(args, cmd.ArgsLenAtDash(), "rerun")
			if err != nil {
				return err
			}
			if typed.Again, err = job.ParseRef(typed.Name); err != nil {
				return exit.With(exit.Usage, err)
			}
			typed.Name = name
			request, err := flags.ToRequest(f, typed, fetch)
			if err != nil {
				return err
			}
			return request.Run(cmd.Context())
		},
	}
	flags.AddFlags(f, cmd, "Name", func(flags *pflag.FlagSet) {
		flags.StringVar(&name, "name", "", "Name of the new job (default: the old one's with another suffix)")
	})
	return cmd
}
