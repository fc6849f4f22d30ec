// Package list is `kubectl batch list`: jobs, their state, their results.
package list

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/complete"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/selector"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
)

const long = `
	List jobs with their state, their results claim, and whether their results were fetched.

	For jobs that are not running, list prints the reason below the table. After the jobs,
	it lists the results claims whose job no longer exists, as pvc/NAME. "fetch" and
	"purge --volumes" accept this name.`

const example = `
	# List the jobs of the namespace
	kubectl batch list

	# List your jobs in all namespaces (requires permission to list jobs there)
	kubectl batch list --mine -A

	# List the jobs that failed in the last day
	kubectl batch list --failed --newer-than=1d

	# Print job names for a script
	kubectl batch list -l team=vision -o name`

// Flags is what was typed.
type Flags struct {
	Select selector.Flags
	Print  *genericclioptions.PrintFlags
}

// Options is a request that can be carried out as it stands.
type Options struct {
	factory   *factory.Factory
	client    clients.Interface
	namespace string
	refs      []job.Ref
	selection selector.Selection
	wide      bool
	// print is nil for a table.
	print printers.ResourcePrinter
	// name means that print writes names.
	name bool
}

// NewCommand returns the list command.
func NewCommand(f *factory.Factory) *cobra.Command {
	flags := &Flags{Print: genericclioptions.NewPrintFlags("").WithTypeSetter(scheme.Scheme)}
	cmd := &cobra.Command{
		Use:     "list [JOB...]",
		Aliases: []string{"ls"},
		Short:   "List jobs with their state and results",
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
	flags.Print.AddFlags(cmd)
	cmd.Flag("output").Usage = strings.Replace(cmd.Flag("output").Usage, "One of: (", "One of: (wide, ", 1)
	complete.Flags(cmd, map[string]complete.Func{
		"output": complete.Values(append(flags.Print.AllowedFormats(), "wide")...), "template": complete.Files,
	})
	return cmd
}

// AddFlags declares the flags.
func (o *Flags) AddFlags(flags *pflag.FlagSet) { o.Select.AddTo(flags) }

// ToOptions parses every string once.
func (o *Flags) ToOptions(f *factory.Factory, args []string) (*Options, error) {
	refs, err := job.ParseRefs(args)
	if err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	options := &Options{factory: f, refs: refs}
	if options.selection, err = o.Select.Parse(len(refs)); err != nil {
		return nil, err
	}
	if format := *o.Print.OutputFormat; format == "wide" {
		options.wide = true
	} else if format != "" {
		options.name = format == "name"
		if options.print, err = o.Print.ToPrinter(); err != nil {
			return nil, factory.FormatError(format, err, "wide")
		}
	}
	options.client, options.namespace, err = f.Cluster()
	options.namespace = options.selection.Namespace(options.namespace)
	return options, err
}

// Run prints the jobs, and explains why jobs do not run.
func (o *Options) Run(ctx context.Context) error {
	selected, err := o.selection.Options(ctx, o.client)
	if err != nil {
		return err
	}
	if o.print == nil {
		return o.table(ctx, selected)
	}
	var jobs []*batchv1.Job
	err = o.eachJob(ctx, selected, func(object *batchv1.Job) error {
		jobs = append(jobs, object)
		return nil
	})
	if err == nil && len(jobs) == 0 {
		err = selector.CheckNamespace(ctx, o.client, o.namespace)
	}
	if err != nil && len(jobs) == 0 {
		return err
	}
	if len(o.refs) == 0 {
		sortByAge(jobs)
	}
	return errors.Join(o.document(jobs), err)
}

// sortByAge puts the oldest first, as the AGE column then falls.
func sortByAge(jobs []*batchv1.Job) {
	slices.SortStableFunc(jobs, func(a, b *batchv1.Job) int { return a.CreationTimestamp.Compare(b.CreationTimestamp.Time) })
}

func (o *Options) none() string {
	if o.namespace == metav1.NamespaceAll {
		return "No jobs found"
	}
	return fmt.Sprintf("No jobs found in namespace %q", o.namespace)
}

// eachJob calls see with the requested jobs.
func (o *Options) eachJob(ctx context.Context, selected metav1.ListOptions, see func(*batchv1.Job) error) error {
	if len(o.refs) > 0 {
		return o.named(ctx, see)
	}
	return job.EachSelected(ctx, o.client, o.namespace, selected, o.selection.Selection, o.factory.ServerClock().Now, see)
}

// named calls see with the named jobs that exist, each once.
func (o *Options) named(ctx context.Context, see func(*batchv1.Job) error) error {
	jobs, errs := job.GetAll(ctx, o.client, o.namespace, o.refs)
	for _, object := range jobs {
		errs = errors.Join(errs, see(object))
	}
	return errs
}

func (o *Options) document(jobs []*batchv1.Job) error {
	if len(jobs) == 1 && len(o.refs) == 1 {
		return o.print.PrintObj(jobs[0], o.factory.Streams.Out)
	}
	if o.name {
		return o.names(jobs)
	}
	list := &batchv1.JobList{TypeMeta: metav1.TypeMeta{APIVersion: "batch/v1", Kind: "JobList"}, Items: []batchv1.Job{}}
	for _, object := range jobs {
		object.TypeMeta = metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"}
		list.Items = append(list.Items, *object)
	}
	return o.print.PrintObj(list, o.factory.Streams.Out)
}

// names prints one job a line: the printer for names does not accept lists.
func (o *Options) names(jobs []*batchv1.Job) error {
	for _, object := range jobs {
		if err := o.print.PrintObj(object, o.factory.Streams.Out); err != nil {
			return err
		}
	}
	return nil
}
