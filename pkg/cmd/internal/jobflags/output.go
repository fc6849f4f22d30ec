package jobflags

import (
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flagvalue"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/jobrun"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/labelvalue"
	"github.com/kubectl-batch/kubectl-batch/pkg/submit"
)

// outputFlags describe what is printed, and labels and annotations of the created objects.
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

func (o *outputFlags) parse(p *parser) (err error) {
	if err = flagvalue.CheckDryRun(o.DryRun); err != nil {
		return err
	}
	p.job.DryRun = submit.DryRun(o.DryRun)
	if p.job.Spec.Labels, err = labelvalue.ParseLabels("--label", o.Labels); err != nil {
		return err
	}
	if p.job.Spec.Annotations, err = labelvalue.ParseAnnotations("--annotation", o.Annotations); err != nil {
		return err
	}
	return o.parsePrint(p)
}

// parsePrint parses -o and --template.
func (o *outputFlags) parsePrint(p *parser) error {
	suffix := map[submit.DryRun]string{submit.DryRunClient: " (dry run)", submit.DryRunServer: " (server dry run)"}[p.job.DryRun]
	if suffix != "" {
		if err := o.Print.Complete("%s" + suffix); err != nil {
			return err
		}
	}
	printer, err := o.Print.ToPrinter()
	if err != nil {
		return factory.FormatError(*o.Print.OutputFormat, err)
	}
	p.request.Printer = jobrun.NewPrinter(printer, p.factory.Streams.Out, *o.Print.OutputFormat)
	return nil
}
