// Package cancel is `kubectl batch cancel`: it ends jobs for good.
package cancel

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	batchv1 "k8s.io/api/batch/v1"
	utilduration "k8s.io/apimachinery/pkg/util/duration"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/complete"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flagvalue"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/selector"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/sweep"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/plural"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/ui"
)

const long = `
	Stop jobs permanently. The Job object is kept, in state Cancelled, until purge deletes
	it. Results claims are kept.

	Pods that have not ended are deleted, with their logs and with the files on their
	emptyDir and ephemeral volumes. To keep the logs, use --save-logs. To keep such files,
	run "kubectl batch fetch JOB" first. Pods that have ended are kept, with their logs.`

const example = `
	# Cancel a job
	kubectl batch cancel train

	# Cancel all your unfinished jobs without a prompt, and save their logs in ./logs
	kubectl batch cancel --mine --save-logs=logs -y`

// Flags is what was typed.
type Flags struct {
	Select   selector.Flags
	All, Yes bool
	SaveLogs string
	Output   string
}

// Options is a request that can be carried out as it stands.
type Options struct {
	factory   *factory.Factory
	client    clients.Interface
	namespace string
	refs      []job.Ref
	selection selector.Selection
	yes       bool
	// logs is a directory, "" for none.
	logs string
	// name has the answer name the jobs alone.
	name bool
}

// NewCommand returns the cancel command.
func NewCommand(f *factory.Factory) *cobra.Command {
	flags := &Flags{}
	cmd := &cobra.Command{
		Use:     "cancel (JOB... | -l SELECTOR | --mine | --all)",
		Short:   "Stop jobs permanently; their results claims are kept",
		Long:    long,
		Example: example,

		ValidArgsFunction: complete.Unless(flags.several, complete.JobList(f, live)),
		RunE: func(cmd *cobra.Command, args []string) error {
			options, err := flags.ToOptions(f, args)
			if err != nil {
				return err
			}
			return options.Run(cmd.Context())
		},
	}
	flags.AddFlags(cmd.Flags())
	flags.Select.Complete(cmd, complete.JobList(f, live))
	complete.Flags(cmd, map[string]complete.Func{"save-logs": complete.Folders, "output": complete.Values("name")})
	return cmd
}

// AddFlags declares the flags.
func (o *Flags) AddFlags(flags *pflag.FlagSet) {
	flags.BoolVar(&o.All, "all", false, "All unfinished jobs of the namespace (with -A: of all namespaces)")
	o.Select.AddTo(flags)
	o.Select.OfferUnfinished(flags)
	flags.StringVar(&o.SaveLogs, "save-logs", "", "Before cancelling, write the logs of each job to `DIR`/JOB.log (with -A: DIR/NAMESPACE/JOB.log)")
	flags.BoolVarP(&o.Yes, "yes", "y", false, "Skip the confirmation prompt")
	flags.StringVarP(&o.Output, "output", "o", "", "Output format: name (names of the cancelled jobs)")
}

// several reports whether no names are expected.
func (o *Flags) several() bool { return o.All || o.Select.Typed() }

// ToOptions parses every string once.
func (o *Flags) ToOptions(f *factory.Factory, args []string) (*Options, error) {
	refs, err := job.ParseRefs(args)
	if err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	selection, err := o.Select.Parse(len(refs))
	if err == nil {
		err = selection.Unfinished("cancelled")
	}
	if err == nil {
		err = o.check(len(refs))
	}
	if err != nil {
		return nil, err
	}
	options := &Options{factory: f, refs: refs, selection: selection, yes: o.Yes, logs: o.SaveLogs, name: o.Output == "name"}
	options.client, options.namespace, err = f.Cluster()
	options.namespace = selection.Namespace(options.namespace)
	return options, err
}

// check refuses what contradicts itself; names is how many jobs are named.
func (o *Flags) check(names int) error {
	switch {
	case o.All && names > 0:
		return exit.Usagef("job names and --all are mutually exclusive")
	case o.All && o.Select.Narrows():
		return exit.Usagef("--all and %s are mutually exclusive", o.Select.Words()[0])
	case names == 0 && !o.All && !o.Select.Narrows():
		return exit.Usagef("missing argument JOB; specify one or more jobs, -l, --mine or --all")
	}
	return exit.With(exit.Usage, flagvalue.CheckFormat(o.Output, "name"))
}

// Run selects jobs, asks for confirmation and cancels them.
func (o *Options) Run(ctx context.Context) error {
	jobs, refused, err := o.choose(ctx)
	if err != nil {
		return err
	}
	if len(jobs) == 0 {
		if refused == nil {
			if err := selector.CheckNamespace(ctx, o.client, o.namespace); err != nil {
				return err
			}
			o.factory.Say("Nothing to cancel " + selector.In(o.namespace))
		}
		return refused
	}
	if !o.yes {
		if err := o.ask(ctx, jobs); err != nil {
			return errors.Join(refused, err)
		}
	}
	me, err := provenance.Whoami(ctx, o.client)
	if err != nil {
		return err
	}
	for _, object := range jobs {
		refused = errors.Join(refused, o.cancel(ctx, object, me))
	}
	sweep.HelperPods(ctx, o.factory, o.client, o.namespace)
	return refused
}

// choose returns the jobs that are not finished. A named job that is finished is
// no error if cancel ended it.
func (o *Options) choose(ctx context.Context) (jobs []*batchv1.Job, refused, err error) {
	if len(o.refs) > 0 {
		jobs, refused = o.named(ctx)
		return jobs, refused, ctx.Err()
	}
	if err := o.selection.CheckExcept(ctx, o.client, o.namespace); err != nil {
		return nil, nil, err
	}
	selected, err := o.selection.Options(ctx, o.client)
	if err != nil {
		return nil, nil, err
	}
	err = job.EachSelected(ctx, o.client, o.namespace, selected, o.selection.Selection, o.factory.ServerClock().Now, func(object *batchv1.Job) error {
		if live(object) {
			jobs = append(jobs, object)
		}
		return nil
	})
	return jobs, nil, err
}

// live reports whether a job can be cancelled.
func live(object *batchv1.Job) bool {
	return job.End(object) == nil && object.DeletionTimestamp == nil && !cancelled(object)
}

// cancelled reports whether cancel was called before: the job ends a moment later.
func cancelled(object *batchv1.Job) bool {
	return provenance.Mark(object, provenance.CancelledAnnotation) != ""
}

func (o *Options) named(ctx context.Context) (jobs []*batchv1.Job, errs error) {
	named, errs := job.GetAll(ctx, o.client, o.namespace, o.refs)
	for _, object := range named {
		switch {
		case cancelled(object) && (job.End(object) == nil || job.StateOf(object) == job.Cancelled):
			o.factory.Say(fmt.Sprintf("job %q is already cancelled", object.Name))
		case job.End(object) != nil:
			errs = errors.Join(errs, fmt.Errorf("job %q cannot be cancelled: it is finished (%s)", object.Name, job.StateOf(object)))
		default:
			jobs = append(jobs, object)
		}
	}
	return jobs, errs
}

// ask shows which jobs would be cancelled, and asks for confirmation.
func (o *Options) ask(ctx context.Context, jobs []*batchv1.Job) error {
	serverTime := o.factory.ServerClock().Now()
	columns := []ui.Column[*batchv1.Job]{
		{Name: "Job", Cell: func(j *batchv1.Job) string { return j.Name }},
		{Name: "State", Cell: func(j *batchv1.Job) string { return string(job.StateOf(j)) }},
		{Name: "Time in state", Cell: func(j *batchv1.Job) string { return utilduration.HumanDuration(serverTime.Sub(since(j))) }},
		{Name: "Owner", Cell: func(j *batchv1.Job) string { return ui.OrNone(provenance.OfJob(j)) }},
	}
	if o.selection.Everywhere {
		columns = slices.Insert(columns, 0, ui.Column[*batchv1.Job]{Name: "Namespace", Cell: (*batchv1.Job).GetNamespace})
	}
	if err := ui.Table(o.factory.Streams.ErrOut, columns, jobs, false); err != nil {
		return err
	}
	question := fmt.Sprintf("Cancel %s permanently?", o.counted(jobs))
	if o.logs != "" {
		question += " Logs are saved in " + o.logs + "."
	}
	if lost := o.lost(jobs...); lost != "" {
		question += " Pods that have not ended are deleted, " + lost + "."
	}
	return ui.Agree(ctx, o.factory.Streams, question, "nothing was cancelled", "use -y to skip the prompt")
}

// lost describes what is deleted with the pods of jobs; "" for nothing.
func (o *Options) lost(jobs ...*batchv1.Job) string {
	losing := slices.DeleteFunc(slices.Clone(jobs), func(object *batchv1.Job) bool { return !losesPods(object) })
	var volumes []string
	for _, object := range losing {
		volumes = append(volumes, claim.DeletedWithPods(object)...)
	}
	slices.Sort(volumes)
	files := filesOn(slices.Compact(volumes))
	switch {
	case len(losing) == 0, o.logs != "" && files == "":
		return ""
	case o.logs != "":
		return "with " + files
	case files == "":
		return "with their logs"
	}
	return "with their logs and with " + files
}

// namedAtMost volumes are named.
const namedAtMost = 5

// filesOn names files by their volumes; "" without any.
func filesOn(volumes []string) string {
	if len(volumes) == 0 {
		return ""
	}
	noun := plural.Choose(len(volumes), "volume ", "volumes ")
	if omitted := len(volumes) - namedAtMost; omitted > 0 {
		volumes = append(volumes[:namedAtMost], fmt.Sprintf("and %d more", omitted))
	}
	return "the files on their " + noun + strings.Join(volumes, ", ")
}

// losesPods reports whether cancel deletes pods of the job. Finished pods are kept.
func losesPods(object *batchv1.Job) bool { return object.Status.Active > 0 }

// since returns the time since which a job is in its state. A job that does not run has
// waited since its creation, even if the server gave it a start time.
func since(object *batchv1.Job) time.Time {
	if job.StateOf(object) == job.Running && object.Status.StartTime != nil {
		return object.Status.StartTime.Time
	}
	return object.CreationTimestamp.Time
}

// counted returns the number of jobs, with -A for each namespace.
func (o *Options) counted(jobs []*batchv1.Job) string {
	if !o.selection.Everywhere {
		return plural.Count(len(jobs), "job")
	}
	return selector.CountByNamespace(jobs)
}
