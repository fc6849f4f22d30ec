// Package run is `kubectl batch run`: it creates a Job and the claim for its results.
package run

import (
	"github.com/spf13/cobra"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/jobflags"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/jobrun"
)

const long = `
	Create a job, and return without waiting for it. With --wait, --follow, --fetch or
	--rm, run waits until the job is finished.

	NAME is the name of the job. The arguments after -- replace the ENTRYPOINT and CMD of
	the image. With --args, they replace only CMD. --cmd runs shell commands, and --script
	runs a local script.

	--results=SIZE creates the PersistentVolumeClaim (claim) NAME-results and mounts it at
	/results. Deleting the job does not delete this claim. If the claim already exists,
	it is used only if its results were fetched, or with --overwrite-unfetched. The files
	on it stay.

	A failed pod is not restarted in place (restartPolicy Never), so that its log is kept. By
	default, it is not replaced either, and the job fails; --backoff-limit allows replacement
	pods. The tasks of an --array are independent: a failed task does not stop the others.

	If the server refuses the job, run deletes the objects that it created for it.

	-f and --from start from an original job: the job of a manifest or a CronJob. The flags
	change this job. They apply to its default container: the one that the annotation
	kubectl.kubernetes.io/default-container names, or else the first.

	Kubernetes replaces $(NAME) with the value of the container's variable NAME, and $$
	with $, in the arguments after -- and in --env=KEY=VALUE. The text of --cmd and
	--script is not changed.`

const example = `
	# Run the program of the image, and keep the files that it writes to /results
	kubectl batch run train --image=localhost/train:1 --results=10Gi

	# Run a command with a GPU and a read-only data set
	kubectl batch run train --image=localhost/train:1 --gpu=1 --memory=16Gi --pvc=dataset:/data:ro --results=10Gi -- python train.py --epochs 10

	# Run shell commands, wait, and copy the results to ./prepare
	kubectl batch run prepare --image=localhost/train:1 --results=1Gi --cmd 'cd /results' --cmd 'python make.py | gzip >set.gz' --fetch

	# Run a local script with arguments, and pass an API key in a Secret
	kubectl batch run train --image=localhost/train:1 --secret-env WANDB_API_KEY --script train.sh --results=10Gi -- --epochs 10

	# Run 100 tasks, 10 at a time, each with its own results directory
	kubectl batch run sweep --image=localhost/train:1 --array=100%10 --retries-per-task=2 --results=10Gi --script task.sh

	# Create the job of a manifest with more memory and another command
	kubectl batch run -f train.yaml --memory=32Gi -- python train.py --resume

	# Wait for the job, and exit with its exit status
	kubectl batch run check --image=localhost/train:1 --wait -- python check.py

	# Print the objects without creating them
	kubectl batch run train --image=localhost/train:1 --results=10Gi --dry-run -o yaml`

// NewCommand returns the run command. --fetch uses fetcher.
func NewCommand(f *factory.Factory, fetcher jobrun.Fetcher) *cobra.Command {
	flags := jobflags.New()
	cmd := &cobra.Command{
		Use:     "run (NAME --image=IMAGE | -f FILENAME | --from=cronjob/NAME) [-- COMMAND [ARG...]]",
		Short:   "Create a job and, with --results, a claim for its results",
		Long:    long,
		Example: example,
		RunE: func(cmd *cobra.Command, args []string) error {
			arguments, err := jobflags.ParseArguments(args, cmd.ArgsLenAtDash(), "run")
			if err != nil {
				return err
			}
			request, err := flags.ToRequest(f, arguments, fetcher)
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
