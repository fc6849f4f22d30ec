// Package cancel is `kubectl batch cancel`: it ends jobs for good.
package cancel

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	batchv1 "k8s.io/api/batch/v1"
	utilduration "k8s.io/apimachinery/pkg/util/duration"

	"github.com/kubectl-batch/kubectl-batch/pkg/cluster"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/filter"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/tab"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
	"github.com/kubectl-batch/kubectl-batch/pkg/screen"
)

const long = `
	End jobs for good. Their record stays, as Cancelled, until purge deletes it; so do
	the volumes of their results.

	The pods go, and their logs with them: --save-logs keeps what they wrote until now.`

const example = `
	# One job
	kubectl batch cancel train

	# All of yours that are not finished, without a question, with their logs in ./logs
	kubectl batch cancel --mine --save-logs=logs -y`

// Flags is what was typed.
type Flags struct {
	Filter   filter.Flags
	All, Yes bool
	SaveLogs string
	Output   string
}

// Options is a request that can be carried out as it stands.
type Options struct {
	factory   *factory.Factory
	client    cluster.Interface
	namespace string
	refs      []job.Ref
	filter    filter.Flags
	yes       bool
	// logs is a folder, empty for none.
	logs string
	// name has the answer name the jobs alone.
	name bool
}

// NewCommand returns the cancel command.
func NewCommand(f *factory.Factory) *cobra.Command {
	flags := &Flags{}
	cmd := &cobra.Command{
		Use:     "cancel [JOB...]",
		Aliases: []string{"stop"},
		Short:   "End jobs for good; their record and their results stay",
		Long:    long,
		Example: example,

		ValidArgsFunction: tab.Unless(flags.several, tab.JobList(f, live)),
		RunE: func(cmd *cobra.Command, args []string) error {
			options, err := flags.ToOptions(f, args)
			if err != nil {
				return err
			}
			return options.Run(cmd.Context())
		},
	}
	flags.AddFlags(cmd.Flags())
	tab.Flags(cmd, map[string]tab.Func{"save-logs": tab.Folders, "output": tab.Values("name")})
	return cmd
}

// AddFlags declares the flags.
func (o *Flags) AddFlags(flags *pflag.FlagSet) {
	o.Filter.AddLabelsTo(flags)
	flags.BoolVar(&o.All, "all", false, "All jobs of the namespace that are not finished")
	flags.StringVar(&o.SaveLogs, "save-logs", "", "First write the logs of each job to this folder, as JOB.log")
	flags.BoolVarP(&o.Yes, "yes", "y", false, "Cancel without asking")
	flags.StringVarP(&o.Output, "output", "o", "", "name: the jobs alone")
}

// several reports whether no names are expected.
func (o *Flags) several() bool { return o.All || o.Filter.Typed() }

// ToOptions parses every string once.
func (o *Flags) ToOptions(f *factory.Factory, args []string) (*Options, error) {
	refs, err := job.ParseRefs(args)
	if err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	if err := o.Filter.Check(len(refs)); err != nil {
		return nil, err
	}
	switch {
	case o.All && (len(refs) > 0 || o.Filter.Typed()):
		return nil, exit.Usagef("--all excludes names, -l and --mine")
	case len(refs) == 0 && !o.several():
		return nil, exit.Usagef("which jobs? JOB..., -l, --mine or --all says so")
	case o.Output != "" && o.Output != "name":
		return nil, exit.Usagef("-o %s: name is expected", o.Output)
	}
	options := &Options{factory: f, refs: refs, filter: o.Filter, yes: o.Yes, logs: o.SaveLogs, name: o.Output == "name"}
	options.client, options.namespace, err = f.Cluster()
	return options, err
}

// Run selects, asks, cancels.
func (o *Options) Run(ctx context.Context) error {
	jobs, refused, err := o.choose(ctx)
	if err != nil {
		return err
	}
	if len(jobs) == 0 {
		if refused == nil {
			o.factory.Say(fmt.Sprintf("Nothing to cancel in namespace %q", o.namespace))
		}
		return refused
	}
	if !o.yes {
		if err := o.ask(ctx, jobs); err != nil {
			return errors.Join(refused, err)
		}
	}
	me, err := owner.Whoami(ctx, o.client)
	if err != nil {
		return err
	}
	for _, one := range jobs {
		refused = errors.Join(refused, o.cancel(ctx, one, me))
	}
	return refused
}

// choose returns the jobs that are not finished. A finished one that was named is
// no error where cancel ended it.
func (o *Options) choose(ctx context.Context) (jobs []*batchv1.Job, refused, err error) {
	if len(o.refs) > 0 {
		jobs, refused = o.named(ctx)
		return jobs, refused, ctx.Err()
	}
	selected, err := o.filter.Options(ctx, o.client)
	if err != nil {
		return nil, nil, err
	}
	err = job.Each(ctx, o.client, o.namespace, selected, func(one *batchv1.Job) error {
		if live(one) {
			jobs = append(jobs, one)
		}
		return nil
	})
	return jobs, nil, err
}

// live reports whether there is something to cancel.
func live(one *batchv1.Job) bool {
	return job.End(one) == nil && one.DeletionTimestamp == nil && !cancelled(one)
}

// cancelled reports whether that was asked for before: the end takes a moment.
func cancelled(one *batchv1.Job) bool { return one.Annotations[owner.CancelledAnnotation] != "" }

func (o *Options) named(ctx context.Context) (jobs []*batchv1.Job, errs error) {
	for _, ref := range o.refs {
		one, err := job.Get(ctx, o.client, o.namespace, ref)
		switch {
		case err != nil:
			errs = errors.Join(errs, err)
		case cancelled(one) && (job.End(one) == nil || job.StateOf(one) == job.Cancelled):
			o.factory.Say(fmt.Sprintf("job %q is cancelled already", one.Name))
		case job.End(one) != nil:
			errs = errors.Join(errs, fmt.Errorf("job %q cannot be cancelled: it is finished (%s)", one.Name, job.StateOf(one)))
		case !slices.ContainsFunc(jobs, func(other *batchv1.Job) bool { return other.UID == one.UID }):
			jobs = append(jobs, one)
		}
	}
	return jobs, errs
}

// ask shows what would be ended, and asks.
func (o *Options) ask(ctx context.Context, jobs []*batchv1.Job) error {
	now := o.factory.Clock.Now()
	err := screen.Table(o.factory.Streams.ErrOut, []screen.Column[*batchv1.Job]{
		{Name: "Job", Cell: func(j *batchv1.Job) string { return j.Name }},
		{Name: "State", Cell: func(j *batchv1.Job) string { return string(job.StateOf(j)) }},
		{Name: "Running for", Cell: func(j *batchv1.Job) string { return utilduration.HumanDuration(job.Duration(j, now)) }},
		{Name: "Owner", Cell: func(j *batchv1.Job) string { return screen.OrNone(j.Annotations[owner.Annotation]) }},
	}, jobs, false)
	if err != nil {
		return err
	}
	question := "Cancel them for good? Their pods go, and their logs with them."
	if o.logs != "" {
		question = "Cancel them for good? Their pods go; their logs are written to " + o.logs + "."
	}
	return screen.Agree(ctx, o.factory.Streams, question, "nothing was cancelled", "-y cancels without asking")
}
