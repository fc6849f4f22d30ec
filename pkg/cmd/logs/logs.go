// Package logs is `kubectl batch logs`: what the pods of a job wrote.
package logs

import (
	"context"
	"errors"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/complete"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/outcome"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/selector"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/linemux"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
)

const long = `
	Print the logs of all pods of a job, including pods that failed.

	If several containers have logs, each line begins with the name of the pod. If several
	jobs are selected, each line begins with the name of the job. With -f, the
	command follows the logs until the job is finished, and while the job is not running,
	it prints the reason.`

const example = `
	# Print the logs of a job
	kubectl batch logs train

	# Print the logs of all jobs that failed in the last hour
	kubectl batch logs --failed --newer-than=1h

	# Follow the logs of your newest job until it is finished
	kubectl batch logs @latest -f`

// Flags is what was typed.
type Flags struct {
	Select selector.Flags
	Follow bool
}

// Options is a request that can be carried out as it stands.
type Options struct {
	factory   *factory.Factory
	client    clients.Interface
	namespace string
	refs      []job.Ref
	selection selector.Selection
	follow    bool
}

// NewCommand returns the logs command.
func NewCommand(f *factory.Factory) *cobra.Command {
	flags := &Flags{}
	cmd := &cobra.Command{
		Use:     "logs (JOB... | -l SELECTOR | --mine | --state STATE)",
		Short:   "Print the logs of all pods of a job",
		Long:    long,
		Example: example,

		ValidArgsFunction: complete.Unless(flags.Select.Typed, complete.JobList(f, complete.Any)),
		RunE: func(cmd *cobra.Command, args []string) error {
			options, err := flags.ToOptions(f, args)
			if err != nil {
				return err
			}
			return options.Run(cmd.Context())
		},
	}
	flags.AddFlags(cmd.Flags())
	flags.Select.Complete(cmd, complete.JobList(f, complete.Any))
	return cmd
}

// AddFlags declares the flags.
func (o *Flags) AddFlags(flags *pflag.FlagSet) {
	o.Select.AddTo(flags)
	flags.BoolVarP(&o.Follow, "follow", "f", false, "Follow the logs until the job is finished")
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
	client, namespace, err := f.Cluster()
	namespace = selection.Namespace(namespace)
	return &Options{factory: f, client: client, namespace: namespace, refs: refs, selection: selection, follow: o.Follow}, err
}

// Run prints the logs: of several jobs one after the other or, with -f, side by side.
func (o *Options) Run(ctx context.Context) error {
	jobs, missing := o.jobs(ctx)
	if len(jobs) == 1 && missing == nil {
		return o.selection.About(jobs[0], o.print(ctx, jobs[0], o.factory.Streams))
	}
	logs, messages := linemux.New(o.factory.Streams.Out), linemux.New(o.factory.Streams.ErrOut)
	errs := make([]error, len(jobs))
	var group sync.WaitGroup
	for i, object := range jobs {
		streams := o.factory.Streams
		streams.Out, streams.ErrOut = logs.WithPrefix("["+o.selection.Named(object)+"] "), messages.WithPrefix("")
		if !o.follow {
			errs[i] = o.selection.About(object, o.print(ctx, object, streams))
			continue
		}
		group.Go(func() { errs[i] = o.selection.About(object, o.print(ctx, object, streams)) })
	}
	group.Wait()
	return errors.Join(missing, errors.Join(errs...))
}

// jobs returns the jobs that are named, each once, or selected. The error lists names that
// do not exist.
func (o *Options) jobs(ctx context.Context) ([]*batchv1.Job, error) {
	if len(o.refs) == 0 {
		jobs, err := o.selection.Jobs(ctx, o.client, o.namespace, o.factory.ServerClock().Now)
		if err == nil && len(jobs) == 0 {
			err = &selector.NoJobsError{Namespace: o.namespace}
		}
		return jobs, err
	}
	return job.GetAll(ctx, o.client, o.namespace, o.refs)
}

// resume is the command line that follows the log of one job again.
func (o *Options) resume(object *batchv1.Job) string {
	if o.selection.Everywhere {
		return o.factory.LineIn(object.Namespace, "logs", object.Name, "-f")
	}
	return o.factory.Line("logs", object.Name, "-f")
}

// print writes the logs of one job, and the messages about it, to streams.
func (o *Options) print(ctx context.Context, object *batchv1.Job, streams genericiooptions.IOStreams) error {
	if !o.follow {
		return job.Logs(ctx, o.client, object, streams.Out)
	}
	apart := *o.factory
	apart.Streams = streams
	waiter := outcome.Waiter{Factory: &apart, Client: o.client, Aside: true, Everywhere: o.selection.Everywhere, Resume: []string{o.resume(object)}}
	var lost error
	ended, err := waiter.Follow(ctx, object, func(err error) { lost = err })
	if ended.Job == nil {
		return exit.Bare(err)
	}
	return lost
}
