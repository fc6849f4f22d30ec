// Package wait is `kubectl batch wait`: until jobs are finished, whichever way.
package wait

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	batchv1 "k8s.io/api/batch/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/complete"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flagvalue"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/outcome"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/selector"
	"github.com/kubectl-batch/kubectl-batch/pkg/duration"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
)

const long = `
	Wait until jobs are completed, failed or cancelled, and exit with their exit status.

	While a job is not running, wait prints the reason. The jobs continue if the command
	times out or is interrupted.

	If a job does not exist, no job matches the selection flags, or --fail-fast gave up,
	wait fails with exit status 125. It does not use status 1 for its own failures, because
	a job can end with 1. A job can also end with 2, 124, 125, 130 or 143: use -o json to
	distinguish a failed job from a failed wait.`

const example = `
	# Wait for a job, then fetch its results if it succeeded
	kubectl batch wait train && kubectl batch fetch train

	# Wait at most two hours for two jobs
	kubectl batch wait train evaluate --timeout=2h

	# Wait for all your jobs that are not finished
	kubectl batch wait --mine --state=Suspended,Queued,Pending,Running,Stopping

	# Print the result as JSON, to distinguish a failed job from a failed wait
	kubectl batch wait train -o json`

// Flags is what was typed.
type Flags struct {
	Select                    selector.Flags
	Timeout, FailFast, Output string
}

// Options is a request that can be carried out as it stands.
type Options struct {
	factory   *factory.Factory
	client    clients.Interface
	namespace string
	refs      []job.Ref
	selection selector.Selection
	// words are the flags that select jobs, as typed.
	words []string
	// timeout is 0 for none.
	timeout time.Duration
	// patience is outcome.Waiter's.
	patience time.Duration
	json     bool
}

// NewCommand returns the wait command.
func NewCommand(f *factory.Factory) *cobra.Command {
	flags := &Flags{}
	cmd := &cobra.Command{
		Use:     "wait (JOB... | -l SELECTOR | --mine | --state STATE)",
		Short:   "Wait for jobs to finish, and exit with their exit status",
		Long:    long,
		Example: example,

		ValidArgsFunction: complete.Unless(flags.Select.Typed, complete.JobList(f, complete.Any)),
		RunE: func(cmd *cobra.Command, args []string) error {
			options, err := flags.ToOptions(f, args)
			if err != nil {
				return exit.With(exit.Tool, err)
			}
			return options.Run(cmd.Context())
		},
	}
	flags.AddFlags(cmd.Flags())
	flags.Select.Complete(cmd, complete.JobList(f, complete.Any))
	complete.Flags(cmd, map[string]complete.Func{"output": complete.Values("json")})
	return cmd
}

// AddFlags declares the flags.
func (o *Flags) AddFlags(flags *pflag.FlagSet) {
	o.Select.AddTo(flags)
	flags.StringVar(&o.Timeout, "timeout", "", "Stop waiting after `DURATION`, with exit status 124 ("+duration.Forms+")")
	outcome.AddFailFast(flags, &o.FailFast)
	flags.StringVarP(&o.Output, "output", "o", "", "Output format: json (one object per job, each on one line)")
}

// ToOptions parses every string once.
func (o *Flags) ToOptions(f *factory.Factory, args []string) (*Options, error) {
	refs, err := job.ParseRefs(args)
	if err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	selection, err := o.Select.ParseSome(len(refs), f.Program)
	if err != nil {
		return nil, err
	}
	if err := flagvalue.CheckFormat(o.Output, "json"); err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	options := &Options{factory: f, refs: refs, selection: selection, words: o.Select.Words(), json: o.Output == "json"}
	if options.timeout, err = flagvalue.ParseTimeLimit("--timeout", o.Timeout); err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	if options.patience, err = flagvalue.ParseTimeLimit("--fail-fast", o.FailFast); err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	options.client, options.namespace, err = f.Cluster()
	options.namespace = selection.Namespace(options.namespace)
	return options, err
}

// Run waits for all jobs, each job once.
func (o *Options) Run(ctx context.Context) error {
	if o.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.timeout)
		defer cancel()
	}
	jobs, err := o.jobs(ctx)
	switch {
	case err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return exit.With(exit.Timeout, fmt.Errorf("timed out (--timeout): %w", err))
	case errors.Is(err, context.Canceled):
		return err
	case err != nil:
		return exit.With(exit.Tool, err)
	}
	waiter := outcome.Waiter{Factory: o.factory, Client: o.client, JSON: o.json, Patience: o.patience, Everywhere: o.selection.Everywhere}
	if o.selection.Everywhere { // names alone do not say which jobs
		waiter.Resume = []string{o.factory.Line(append([]string{"wait"}, o.words...)...)}
	}
	_, err = waiter.Wait(ctx, jobs...)
	return err
}

func (o *Options) jobs(ctx context.Context) ([]*batchv1.Job, error) {
	if len(o.refs) > 0 {
		return job.GetAll(ctx, o.client, o.namespace, o.refs)
	}
	jobs, err := o.selection.Jobs(ctx, o.client, o.namespace, o.factory.ServerClock().Now)
	if err == nil && len(jobs) == 0 {
		err = &selector.NoJobsError{Namespace: o.namespace}
	}
	return jobs, err
}
