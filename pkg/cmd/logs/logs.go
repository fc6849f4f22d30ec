// Package logs is `kubectl batch logs`: what the pods of a job wrote.
package logs

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-batch/kubectl-batch/pkg/cluster"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/tab"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
)

const long = `
	Print the logs of every pod of a job, also of those that have failed.

	Where several containers write, each line begins with the pod's name. With
	-f it goes on until the job is finished, and says why while nothing runs.`

const example = `
	# What a job wrote
	kubectl batch logs train

	# Follow the newest job of yours until it is finished
	kubectl batch logs @latest -f`

// Flags is what was typed.
type Flags struct{ Follow bool }

// Options is a request that can be carried out as it stands.
type Options struct {
	factory   *factory.Factory
	client    cluster.Interface
	namespace string
	ref       job.Ref
	follow    bool
}

// NewCommand returns the logs command.
func NewCommand(f *factory.Factory) *cobra.Command {
	flags := &Flags{}
	cmd := &cobra.Command{
		Use:     "logs JOB",
		Short:   "Print the logs of every pod of a job",
		Long:    long,
		Example: example,
		Args:    cobra.ExactArgs(1),

		ValidArgsFunction: tab.OneJob(f, tab.Any),
		RunE: func(cmd *cobra.Command, args []string) error {
			options, err := flags.ToOptions(f, args[0])
			if err != nil {
				return err
			}
			return options.Run(cmd.Context())
		},
	}
	flags.AddFlags(cmd.Flags())
	return cmd
}

// AddFlags declares the flags.
func (o *Flags) AddFlags(flags *pflag.FlagSet) {
	flags.BoolVarP(&o.Follow, "follow", "f", false, "Go on until the job is finished")
}

// ToOptions parses every string once.
func (o *Flags) ToOptions(f *factory.Factory, arg string) (*Options, error) {
	ref, err := job.ParseRef(arg)
	if err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	client, namespace, err := f.Cluster()
	return &Options{factory: f, client: client, namespace: namespace, ref: ref, follow: o.Follow}, err
}

// Run prints the logs.
func (o *Options) Run(ctx context.Context) error {
	one, err := job.Get(ctx, o.client, o.namespace, o.ref)
	if err != nil {
		return err
	}
	if !o.follow {
		return job.Logs(ctx, o.client, one, o.factory.Streams.Out)
	}
	err = job.FollowLogs(ctx, o.client, one, o.factory.Streams.Out, o.factory.Say)
	if errors.Is(err, context.Canceled) {
		o.factory.Say("\nNothing was stopped in the cluster; to go on: " + o.factory.Line("logs", one.Name, "-f"))
	}
	return err
}
