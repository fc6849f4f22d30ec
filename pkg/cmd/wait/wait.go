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

	"github.com/kubectl-batch/kubectl-batch/pkg/cluster"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/outcome"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/tab"
	"github.com/kubectl-batch/kubectl-batch/pkg/duration"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
)

const long = `
	Wait until jobs are complete or have failed, and end with their exit status.

	While nothing of a job runs, it says why, in the cluster's words.`

const example = `
	# Wait for a job, and use its exit status
	kubectl batch wait train && kubectl batch fetch train

	# Wait at most two hours for two jobs
	kubectl batch wait train evaluate --timeout=2h

	# Tell a failed job from a failed wait
	kubectl batch wait train -o json`

// Flags is what was typed.
type Flags struct {
	Timeout, Output string
}

// Options is a request that can be carried out as it stands.
type Options struct {
	factory   *factory.Factory
	client    cluster.Interface
	namespace string
	refs      []job.Ref
	// timeout is 0 for none.
	timeout time.Duration
	json    bool
}

// NewCommand returns the wait command.
func NewCommand(f *factory.Factory) *cobra.Command {
	flags := &Flags{}
	cmd := &cobra.Command{
		Use:     "wait JOB...",
		Short:   "Wait until jobs are finished; ends with their exit status",
		Long:    long,
		Example: example,
		Args:    cobra.MinimumNArgs(1),

		ValidArgsFunction: tab.JobList(f, tab.Any),
		RunE: func(cmd *cobra.Command, args []string) error {
			options, err := flags.ToOptions(f, args)
			if err != nil {
				return exit.With(exit.Tool, err)
			}
			return options.Run(cmd.Context())
		},
	}
	flags.AddFlags(cmd.Flags())
	tab.Flags(cmd, map[string]tab.Func{"output": tab.Values("json")})
	return cmd
}

// AddFlags declares the flags.
func (o *Flags) AddFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.Timeout, "timeout", "", "Give up after this long, with exit status 124 ("+duration.Forms+")")
	flags.StringVarP(&o.Output, "output", "o", "", "json: one object a job, on a line of its own")
}

// ToOptions parses every string once.
func (o *Flags) ToOptions(f *factory.Factory, args []string) (*Options, error) {
	refs, err := job.ParseRefs(args)
	if err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	if o.Output != "" && o.Output != "json" {
		return nil, exit.Usagef("-o %s: json is expected", o.Output)
	}
	options := &Options{factory: f, refs: refs, json: o.Output == "json"}
	if o.Timeout != "" {
		if options.timeout, err = duration.Parse(o.Timeout); err != nil {
			return nil, exit.Usagef("--timeout: %w", err)
		}
		if options.timeout == 0 {
			return nil, exit.Usagef("--timeout=%s: more than 0 is expected; without --timeout it waits for ever", o.Timeout)
		}
	}
	options.client, options.namespace, err = f.Cluster()
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
		return exit.With(exit.Timeout, fmt.Errorf("--timeout ran out before the cluster answered: %w", err))
	case errors.Is(err, context.Canceled):
		return err
	case err != nil:
		return exit.With(exit.Tool, err)
	}
	waiter := outcome.Waiter{Factory: o.factory, Client: o.client, JSON: o.json}
	_, err = waiter.Wait(ctx, jobs...)
	return err
}

func (o *Options) jobs(ctx context.Context) ([]*batchv1.Job, error) {
	var jobs []*batchv1.Job
	seen := map[string]bool{}
	for _, ref := range o.refs {
		one, err := job.Get(ctx, o.client, o.namespace, ref)
		if err != nil {
			return nil, err
		}
		if !seen[one.Name] {
			seen[one.Name] = true
			jobs = append(jobs, one)
		}
	}
	return jobs, nil
}
