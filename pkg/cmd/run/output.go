package run

import (
	"context"
	"fmt"
	"io"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/outcome"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/volume"
)

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

func (o *Flags) parsePrint(options *Options) error {
	if options.dryRun != dryRunNone {
		if err := o.Print.Complete("%s (" + map[dryRun]string{dryRunClient: "", dryRunServer: "server "}[options.dryRun] + "dry run)"); err != nil {
			return err
		}
	}
	to, err := o.Print.ToPrinter()
	if err != nil {
		return fmt.Errorf("-o: %w", err)
	}
	format := *o.Print.OutputFormat
	options.print = printer{ResourcePrinter: to, out: options.factory.Streams.Out, lines: format == "", alone: !slices.Contains([]string{"", "json", "yaml", "kyaml"}, format), json: format == "json"}
	return nil
}

// all prints the claim, then the job; as one List where the format is a document.
func (p printer) all(made objects) error {
	switch {
	case made.claim == nil || p.alone:
		return p.PrintObj(made.job, p.out)
	case p.lines:
		if err := p.PrintObj(made.claim, p.out); err != nil {
			return err
		}
		return p.PrintObj(made.job, p.out)
	}
	list := &corev1.List{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "List"}}
	for _, object := range []runtime.Object{made.claim, made.job} {
		list.Items = append(list.Items, runtime.RawExtension{Object: object})
	}
	return p.PrintObj(list, p.out)
}

// await waits for the job and ends with its status.
func (o *Options) await(ctx context.Context, made objects) error {
	waiter := outcome.Waiter{Factory: o.factory, Client: o.client, JSON: o.print.json, Aside: !o.print.lines && !o.print.json}
	outcomes, err := waiter.Wait(ctx, made.job)
	if len(outcomes) == 1 && o.spec.Results != "" {
		o.record(ctx, outcomes[0])
	}
	return err
}

// record writes onto the results claim which user the job ran as, for a fetch
// when job and pods are gone. It is a courtesy: fetch works without it.
func (o *Options) record(ctx context.Context, outcome job.Outcome) {
	ran, ok := helper.Ran(outcome.Pods, o.spec.Name)
	if !ok {
		return
	}
	claim, err := o.client.CoreV1().PersistentVolumeClaims(o.namespace).Get(ctx, o.spec.Results, metav1.GetOptions{})
	if err == nil {
		err = volume.Record(ctx, o.client, claim, ran.Text())
	}
	if err != nil {
		o.factory.Say(fmt.Sprintf("Note: which user the job ran as was not recorded: %v", err))
	}
}
