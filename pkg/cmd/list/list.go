// Package list is `kubectl batch list`: jobs, their state, their results.
package list

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/kubectl/pkg/scheme"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
	"github.com/kubectl-batch/kubectl-batch/pkg/screen"
)

const long = `
	List jobs: their state, the volume of their results, and whether those were fetched.

	For a job of which nothing runs it also says why, in the cluster's words.`

const example = `
	# The jobs of this namespace
	kubectl batch list

	# Yours, in every namespace that you may see
	kubectl batch list --mine -A

	# Their names, for a script
	kubectl batch list -l team=vision -o name`

// Flags is what was typed.
type Flags struct {
	Selector      string
	FieldSelector string
	AllNamespaces bool
	Mine          bool
	Print         *genericclioptions.PrintFlags
}

// Options is a request that can be carried out as it stands.
type Options struct {
	factory   *factory.Factory
	client    kubernetes.Interface
	namespace string
	refs      []job.Ref
	selector  string
	fields    string
	mine      bool
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
		Short:   "List jobs, their state and their results",
		Long:    long,
		Example: example,
		RunE: func(cmd *cobra.Command, args []string) error {
			options, err := flags.ToOptions(f, args)
			if err != nil {
				return err
			}
			return options.Run(cmd.Context())
		},
	}
	flags.AddFlags(cmd.Flags())
	flags.Print.AddFlags(cmd)
	cmd.Flag("output").Usage = "wide, or a format: " + cmd.Flag("output").Usage
	return cmd
}

// AddFlags declares the flags.
func (o *Flags) AddFlags(flags *pflag.FlagSet) {
	flags.StringVarP(&o.Selector, "selector", "l", "", "Only jobs with these labels, such as team=vision,stage!=test")
	flags.StringVar(&o.FieldSelector, "field-selector", "", "Only jobs with these fields, such as status.successful=1")
	flags.BoolVarP(&o.AllNamespaces, "all-namespaces", "A", false, "The jobs of all namespaces")
	flags.BoolVar(&o.Mine, "mine", false, "Only jobs that run made for you")
}

// ToOptions parses every string once.
func (o *Flags) ToOptions(f *factory.Factory, args []string) (*Options, error) {
	refs, err := job.ParseRefs(args)
	if err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	if _, err := labels.Parse(o.Selector); err != nil {
		return nil, exit.Usagef("-l %q: %w", o.Selector, err)
	}
	if len(refs) > 0 && (o.AllNamespaces || o.Selector != "" || o.FieldSelector != "" || o.Mine) {
		return nil, exit.Usagef("names exclude -A, -l, --field-selector and --mine")
	}
	options := &Options{factory: f, refs: refs, selector: o.Selector, fields: o.FieldSelector, mine: o.Mine}
	if format := *o.Print.OutputFormat; format == "wide" {
		options.wide = true
	} else if format != "" {
		options.name = format == "name"
		if options.print, err = o.Print.ToPrinter(); err != nil {
			return nil, exit.Usagef("-o: %w", err)
		}
	}
	options.client, options.namespace, err = f.Cluster()
	if o.AllNamespaces {
		options.namespace = metav1.NamespaceAll
	}
	return options, err
}

// Run prints the jobs, and says why those that do not run do not.
func (o *Options) Run(ctx context.Context) error {
	jobs, err := o.jobs(ctx)
	if err != nil && len(jobs) == 0 {
		return err
	}
	return errors.Join(o.show(ctx, jobs), err)
}

func (o *Options) show(ctx context.Context, jobs []*batchv1.Job) error {
	if o.print != nil {
		return o.document(jobs)
	}
	if len(jobs) == 0 {
		o.factory.Say(o.none())
		return nil
	}
	if err := screen.Table(o.factory.Streams.Out, o.columns(), jobs, o.wide); err != nil {
		return err
	}
	o.explain(ctx, jobs)
	return nil
}

func (o *Options) none() string {
	if o.namespace == metav1.NamespaceAll {
		return "No jobs found"
	}
	return fmt.Sprintf("No jobs found in namespace %q", o.namespace)
}

// jobs returns what was asked for; oldest first, as the AGE column then falls.
func (o *Options) jobs(ctx context.Context) ([]*batchv1.Job, error) {
	if len(o.refs) > 0 {
		return o.named(ctx)
	}
	selector, err := o.selectorOf(ctx)
	if err != nil {
		return nil, err
	}
	var jobs []*batchv1.Job
	err = job.Each(ctx, o.client, o.namespace, metav1.ListOptions{LabelSelector: selector, FieldSelector: o.fields}, func(one *batchv1.Job) error {
		jobs = append(jobs, one)
		return nil
	})
	slices.SortStableFunc(jobs, func(a, b *batchv1.Job) int { return a.CreationTimestamp.Compare(b.CreationTimestamp.Time) })
	return jobs, err
}

// named returns the jobs that are there of those that were named, each once.
func (o *Options) named(ctx context.Context) (jobs []*batchv1.Job, errs error) {
	for _, ref := range o.refs {
		one, err := job.Get(ctx, o.client, o.namespace, ref)
		switch {
		case err != nil:
			errs = errors.Join(errs, err)
		case !slices.ContainsFunc(jobs, func(other *batchv1.Job) bool { return other.UID == one.UID }):
			jobs = append(jobs, one)
		}
	}
	return jobs, errs
}

func (o *Options) selectorOf(ctx context.Context) (string, error) {
	if !o.mine {
		return o.selector, nil
	}
	me, err := owner.Whoami(ctx, o.client)
	if err != nil {
		return "", err
	}
	mine, err := me.Selector()
	if err != nil {
		return "", fmt.Errorf("--mine: %w", err)
	}
	if o.selector != "" {
		mine += "," + o.selector
	}
	return mine, nil
}

func (o *Options) document(jobs []*batchv1.Job) error {
	if len(jobs) == 1 && len(o.refs) == 1 {
		return o.print.PrintObj(jobs[0], o.factory.Streams.Out)
	}
	if o.name {
		return o.names(jobs)
	}
	list := &batchv1.JobList{TypeMeta: metav1.TypeMeta{APIVersion: "batch/v1", Kind: "JobList"}, Items: []batchv1.Job{}}
	for _, one := range jobs {
		one.TypeMeta = metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"}
		list.Items = append(list.Items, *one)
	}
	return o.print.PrintObj(list, o.factory.Streams.Out)
}

// names prints one job a line: the printer for names takes no lists.
func (o *Options) names(jobs []*batchv1.Job) error {
	for _, one := range jobs {
		if err := o.print.PrintObj(one, o.factory.Streams.Out); err != nil {
			return err
		}
	}
	return nil
}
