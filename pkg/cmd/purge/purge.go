// Package purge implements `kubectl batch purge`: it deletes finished jobs, the
// objects that were created for them, and on request their results claims.
package purge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/complete"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flagvalue"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/selector"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/purge"
	"github.com/kubectl-batch/kubectl-batch/pkg/ui"
)

const long = `
	Delete finished jobs, with their pods, scripts and Secrets. A finished job is
	completed, failed or cancelled.

	Without job names, purge deletes only the completed jobs of the namespace that match
	the selection flags, including jobs of other users and jobs that run did not create.
	To delete failed or cancelled jobs, use --failed, --cancelled or --state. To delete
	only your jobs, use --mine. purge skips jobs that are managed by a controller or tool:
	CronJob, Helm, Argo CD or Flux. With job names, it deletes these jobs, even if they
	failed, were cancelled or are managed. It never deletes a job that is not finished,
	nor a job whose results a user is fetching.

	purge also keeps a job if unfetched results are on an ephemeral volume, which is
	deleted with the pods. To delete such a job, use --volumes --discard-unfetched.

	Results claims are kept. With --volumes, purge also deletes results claims that run
	created. It keeps a claim if another job or pod uses it. It also keeps a claim if the
	owner of the job did not fetch the results after the job finished, unless
	--discard-unfetched is set. Claims that run did not create are never deleted, and
	neither are claims to which the annotations of another claim were copied.

	--volumes includes claims whose job no longer exists. With --older-than or --newer-than,
	the time of the fetch counts for such a claim, and a claim that was not fetched is kept.
	Such claims are skipped if you give job names, --keep, --field-selector or a flag that
	selects states, such as --completed. To delete one of them then, name it as pvc/NAME.

	purge also deletes what killed commands left in the namespace: helper pods of fetches,
	and the scripts, Secrets and empty results claims that run created more than 10 minutes
	ago for a job that does not exist. A results claim is empty if it is still Pending and
	no pod uses it. This clean-up does not depend on --volumes or the selection flags.`

const example = `
	# List what would be deleted, then delete it
	kubectl batch purge --dry-run
	kubectl batch purge

	# In a script: delete all jobs that finished at least three days ago, without a prompt
	kubectl batch purge --completed --failed --cancelled --older-than=3d -y

	# Delete your completed jobs except the newest five, and the fetched claims of the deleted jobs
	kubectl batch purge --mine --keep=5 --volumes

	# Delete all completed jobs except two
	kubectl batch purge --except=train,evaluate

	# Delete one job, and wait until it no longer exists
	kubectl batch purge train --wait`

// Options is a request that can be carried out as it stands.
type Options struct {
	factory   *factory.Factory
	client    clients.Interface
	namespace string
	refs      []job.Ref
	// claims are named as pvc/NAME.
	claims    []string
	chosen    selector.Selection
	selection purge.Selection
	keepBy    string
	// missing means that a name that does not exist is no error.
	missing          bool
	volumes, discard bool
	// dryRun is none, client or server.
	dryRun  string
	yes     bool
	wait    bool
	timeout time.Duration
	answer  answer
}

// NewCommand returns the purge command.
func NewCommand(f *factory.Factory) *cobra.Command {
	flags := &Flags{}
	cmd := &cobra.Command{
		Use:     "purge [(JOB | pvc/NAME)...]",
		Short:   "Delete finished jobs and, with --volumes, fetched results claims",
		Long:    long,
		Example: example,

		ValidArgsFunction: flags.complete(f),
		RunE: func(cmd *cobra.Command, args []string) error {
			options, err := flags.ToOptions(f, args)
			if err != nil {
				return err
			}
			return options.Run(cmd.Context())
		},
	}
	flags.AddFlags(cmd.Flags())
	flags.Select.Complete(cmd, complete.JobList(f, finished))
	complete.Flags(cmd, map[string]complete.Func{
		"dry-run": complete.Values(flagvalue.DryRuns()...), "output": complete.Values("name", "json"),
	})
	return cmd
}

// Run selects jobs, asks for confirmation and deletes them.
func (o *Options) Run(ctx context.Context) error {
	if o.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.timeout)
		defer cancel()
	}
	err := o.run(ctx)
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return exit.With(exit.Timeout, fmt.Errorf("timed out (--timeout): %w", err))
	}
	return err
}

func (o *Options) run(ctx context.Context) error {
	plan, refused, err := o.plan(ctx)
	if err != nil {
		return err
	}
	if len(plan.Jobs)+len(plan.Claims) == 0 {
		return o.purgeNothing(ctx, plan, refused)
	}
	if o.dryRun == flagvalue.DryRunClient {
		o.orphansToo(ctx, plan)
		o.explainKept(plan)
		return errors.Join(refused, o.foretell(ctx, plan))
	}
	if o.dryRun == flagvalue.DryRunServer || o.yes {
		o.warn(plan)
	}
	if o.dryRun == flagvalue.DryRunNone && !o.yes {
		if err := o.ask(ctx, plan); err != nil {
			return errors.Join(refused, err)
		}
		// The user may take some time to answer: a fetch may have started meanwhile.
		busy, err := o.busy(ctx, plan)
		if refused = errors.Join(refused, busy); err != nil {
			return errors.Join(refused, err)
		}
	}
	removed, errs := o.carry(ctx, plan)
	if errs = errors.Join(refused, errs); ctx.Err() != nil {
		return errs
	}
	o.objects(ctx, plan, removed)
	errs = errors.Join(errs, o.sweep(ctx)) // before the waiting: what a fetch left can pin a claim
	if o.wait {
		errs = errors.Join(errs, purge.Await(ctx, o.client, o.namespace, withDependents(plan, removed), o.factory.Say))
	}
	return errs
}

// purgeNothing explains why there is nothing to delete, and deletes what killed commands left.
func (o *Options) purgeNothing(ctx context.Context, plan *purge.Plan, refused error) error {
	o.explainKept(plan)
	if refused != nil {
		return refused
	}
	if err := selector.CheckNamespace(ctx, o.client, o.namespace); err != nil {
		return err
	}
	o.factory.Say("Nothing to purge " + o.scope())
	return o.sweep(ctx)
}

// warn names the results that are lost.
func (o *Options) warn(plan *purge.Plan) {
	for _, loss := range purge.Losses(plan.Claims, o.namespace) {
		o.factory.Say(loss)
	}
}

// ask shows what would be deleted, and asks for confirmation.
func (o *Options) ask(ctx context.Context, plan *purge.Plan) error {
	o.orphansToo(ctx, plan)
	if err := o.preview(o.factory.Streams.ErrOut, plan, shownAtMost); err != nil {
		return err
	}
	o.explainKept(plan)
	o.announceSweep(ctx)
	o.warn(plan)
	question := "Delete " + o.total(plan) + "?"
	if !o.volumes {
		question += " Results claims are kept."
	}
	return ui.Agree(ctx, o.factory.Streams, question, "nothing was deleted", "use -y to skip the prompt")
}
