// Package rerun is `kubectl batch rerun`: it runs a job again under a new name.
package rerun

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/complete"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/jobflags"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/jobrun"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
)

const long = `
	Run a job again: create a new job from the spec of JOB, under a new name. JOB is not
	changed. What cancel changed in its spec is not copied.

	JOB is NAME, job/NAME or @latest, your newest job. The flags change the new job as in
	run. The arguments after -- replace its command.

	The results go to a new claim with the size, storage class and access mode of the
	results claim of JOB. With --reuse-results, they go to the results claim of JOB. This
	requires that no pod uses the claim, and that its results were fetched or
	--overwrite-unfetched is set.

	The new job shares the script and the secret variables of JOB. They are deleted with the
	last job that uses them.`

const example = `
	# Run a job again, with a new results claim
	kubectl batch rerun train

	# Change the name, the memory and the size of the results claim
	kubectl batch rerun train --name=train-large --memory=64Gi --results=20Gi

	# Run your newest job with another command, and wait for it
	kubectl batch rerun @latest --wait -- python train.py --seed 7`

// NewCommand returns the rerun command. --fetch uses fetcher.
func NewCommand(f *factory.Factory, fetcher jobrun.Fetcher) *cobra.Command {
	flags, name := jobflags.New(), ""
	cmd := &cobra.Command{
		Use:     "rerun JOB [-- COMMAND [ARG...]]",
		Short:   "Run a job again under a new name",
		Long:    long,
		Example: example,
		Args:    cobra.MinimumNArgs(1),

		ValidArgsFunction: complete.OneJob(f, complete.Any),
		RunE: func(cmd *cobra.Command, args []string) error {
			arguments, err := jobflags.ParseArguments(args, cmd.ArgsLenAtDash(), "rerun")
			if err != nil {
				return err
			}
			if arguments.Repeat, err = job.ParseRef(arguments.Name); err != nil {
				return exit.With(exit.Usage, err)
			}
			arguments.Name = name
			request, err := flags.ToRequest(f, arguments, fetcher)
			if err != nil {
				return err
			}
			return request.Run(cmd.Context())
		},
	}
	flags.AddFlags(f, cmd, "Name", func(flags *pflag.FlagSet) {
		flags.StringVar(&name, "name", "", "Name of the new job (default: the name of JOB with a new suffix)")
	})
	return cmd
}
