package submit

import (
	"io"
	"slices"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flagvalue"
)

// outputFlags are about what is printed, and on what is made.
type outputFlags struct {
	DryRun              string
	Labels, Annotations []string
	Quiet               bool
	Print               *genericclioptions.PrintFlags
}

func (o *outputFlags) addTo(flags *pflag.FlagSet) {
	flagvalue.AddDryRun(flags, &o.DryRun, "Dry run `STRATEGY`: none, client (print the objects without creating them) or server (also let the server validate them)")
	flags.StringArrayVar(&o.Labels, "label", nil, "Label of the created objects, as `KEY=VALUE` (repeatable)")
	flags.StringArrayVar(&o.Annotations, "annotation", nil, "Annotation of the created objects, as `KEY=VALUE` (repeatable)")
	flags.BoolVarP(&o.Quiet, "quiet", "q", false, "Print only results and errors, no notes, progress or next steps")
}

// printer writes what was made in the format of -o.
type printer struct {
	printers.ResourcePrinter

	out io.Writer
	// lines means one line an object: "job.batch/x created".
	lines bool
	// alone means the job alone: its name, or a template that reads one object.
	alone bool
	json  bool
}

func (o *outputFlags) parsePrint(r *Request) error {
	if r.dryRun != dryRunNone {
		if err := o.Print.Complete("%s (" + map[dryRun]string{dryRunClient: "", dryRunServer: "server "}[r.dryRun] + "dry run)"); err != nil {
			return err
		}
	}
	to, err := o.Print.ToPrinter()
	if err != nil {
		return exit.Format(*o.Print.OutputFormat, err)
	}
	format := *o.Print.OutputFormat
	r.print = printer{ResourcePrinter: to, out: r.factory.Streams.Out, lines: format == "", alone: !slices.Contains([]string{"", "json", "yaml", "kyaml"}, format), json: format == "json"}
	return nil
}

// all prints what was made, the job last; a document is always one List, which
// kubectl apply takes as it is.
func (p printer) all(made objects, run dryRun) error {
	switch {
	case p.alone:
		return p.PrintObj(made.job, p.out)
	case p.lines:
		for _, object := range made.list() {
			if err := p.PrintObj(object, p.out); err != nil {
				return err
			}
		}
		return nil
	}
	list := &corev1.List{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "List"}}
	for _, object := range made.list() {
		if run != dryRunNone {
			object = bare(object)
		}
		list.Items = append(list.Items, runtime.RawExtension{Object: object})
	}
	return p.PrintObj(list, p.out)
}

// list returns what there is, in the order of its making.
func (o objects) list() []runtime.Object {
	var all []runtime.Object
	for _, other := range o.others {
		if other != nil {
			all = append(all, other)
		}
	}
	if o.claim != nil {
		all = append(all, o.claim)
	}
	if o.script != nil {
		all = append(all, o.script)
	}
	if o.env != nil {
		all = append(all, o.env)
	}
	return append(all, o.job)
}
