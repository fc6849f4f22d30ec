// Package run is `kubectl batch run`: it makes a Job and the volume for its
// results, in one command.
package run

import (
	"github.com/spf13/cobra"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/submit"
)

const long = `
	Create a job, and with --results the volume that its results stay on.

	What follows -- replaces the image's ENTRYPOINT, or with --args only its
	arguments; --cmd runs lines in a shell, --script a local file. A pod of the job
	is never restarted in place: a failed one stays, with its log, and
	--backoff-limit says how often another is tried. Deleting a job never deletes
	its results.

	With -f or --from the job is one that exists, with the flags laid over it: they
	are about its default container, which is the first unless the manifest says
	otherwise.

	After -- and in --env, Kubernetes expands $(NAME) to a variable of the container,
	and $$ to $. The text of --cmd and --script arrives as it was typed.`

const example = `
	# Run the image's own program; what it writes to /results stays
	kubectl batch run train --image=localhost/train:1 --results=10Gi

	# A command of your own, a GPU, a data set that is only read
	kubectl batch run train --image=localhost/train:1 --gpu=1 --memory=16Gi --pvc=dataset:/data:ro --results=10Gi -- python train.py --epochs 10

	# Lines as you would type them; then the results, here
	kubectl batch run prepare --image=localhost/train:1 --results=1Gi --cmd 'cd /results' --cmd 'python make.py | gzip >set.gz' --fetch

	# A script of yours with its arguments, and a key that nobody else sees
	kubectl batch run train --image=localhost/train:1 --secret-env WANDB_API_KEY --script train.sh --results=10Gi -- --epochs 10

	# A hundred tasks, ten at once, each with a folder of its own on /results
	kubectl batch run sweep --image=localhost/train:1 --array=100%10 --retries-per-task=2 --results=10Gi --script task.sh

	# A manifest, with more memory and another command
	kubectl batch run -f train.yaml --memory=32Gi -- python train.py --resume

	# Wait for it and end with the job's own exit status
	kubectl batch run check --image=localhost/train:1 --wait -- python check.py

	# See what would be made
	kubectl batch run train --image=localhost/train:1 --results=10Gi --dry-run -o yaml`

// NewCommand returns the run command. fetch is what --fetch does.
func NewCommand(f *factory.Factory, fetch submit.Fetch) *cobra.Command {
	flags := submit.NewFlags()
	cmd := &cobra.Command{
		Use:     "run (NAME --image=IMAGE | -f FILENAME | --from=cronjob/NAME) [-- COMMAND [ARG...]]",
		Short:   "Create a job, and the volume for its results",
		Long:    long,
		Example: example,
		RunE: func(cmd *cobra.Command, args []string) error {
			typed, err := submit.Split(args, cmd.ArgsLenAtDash(), "run")
			if err != nil {
				return err
			}
			request, err := flags.ToRequest(f, typed, fetch)
			if err != nil {
				return err
			}
			return request.Run(cmd.Context())
		},
	}
	flags.AddFlags(f, cmd, "Job template and name", flags.Base.AddTo)
	flags.Base.Complete(f, cmd)
	return cmd
}
