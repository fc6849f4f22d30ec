// Package run is `kubectl batch run`: it makes a Job and the volume for its
// results. Whatever fails half way leaves nothing behind that it made.
package run

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/kubernetes"
	"k8s.io/kubectl/pkg/scheme"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
)

const long = `
	Create a job, and with --results the volume that its results stay on.

	What follows -- replaces the image's ENTRYPOINT. A pod of the job is never
	restarted in place: a failed one stays, with its log, and --backoff-limit
	says how often another is tried. Deleting a job never deletes its results.`

const example = `
	# Run the image's own program; what it writes to /results stays
	kubectl batch run train --image=localhost/train:1 --results=10Gi

	# A command of your own, a GPU, a data set that is only read
	kubectl batch run train --image=localhost/train:1 --gpu=1 --memory=16Gi --pvc=dataset:/data:ro --results=10Gi -- python train.py --epochs 10

	# Wait for it and end with the job's own exit status
	kubectl batch run check --image=localhost/train:1 --wait -- python check.py

	# See what would be made
	kubectl batch run train --image=localhost/train:1 --results=10Gi --dry-run -o yaml`

// Flags is what was typed.
type Flags struct {
	Image, PullPolicy string
	CPU, Memory       string
	GPU               int64
	Env, PVC          []string
	Results           string
	Reuse             bool
	TTL               string
	BackoffLimit      int32
	DryRun            string
	Wait              bool
	Print             *genericclioptions.PrintFlags
}

// Options is a request that can be carried out as it stands.
type Options struct {
	factory   *factory.Factory
	client    kubernetes.Interface
	namespace string
	spec      job.Spec
	// size of the results claim; nil without one.
	size   *resource.Quantity
	reuse  bool
	dryRun dryRun
	wait   bool
	print  printer
}

// NewCommand returns the run command.
func NewCommand(f *factory.Factory) *cobra.Command {
	flags := &Flags{Print: genericclioptions.NewPrintFlags("created").WithTypeSetter(scheme.Scheme)}
	cmd := &cobra.Command{
		Use:     "run NAME --image=IMAGE [-- COMMAND [ARG...]]",
		Short:   "Create a job, and the volume for its results",
		Long:    long,
		Example: example,
		RunE: func(cmd *cobra.Command, args []string) error {
			options, err := flags.ToOptions(f, args, cmd.ArgsLenAtDash())
			if err != nil {
				return err
			}
			return options.Run(cmd.Context())
		},
	}
	flags.AddFlags(cmd.Flags())
	flags.Print.AddFlags(cmd)
	return cmd
}

// AddFlags declares the flags.
func (o *Flags) AddFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.Image, "image", "", "Container image to run (required)")
	flags.StringVar(&o.PullPolicy, "image-pull-policy", "", "When to pull the image: Always, IfNotPresent or Never")
	flags.StringVar(&o.CPU, "cpu", "", "CPUs, requested and at most, such as 4 or 500m")
	flags.StringVar(&o.Memory, "memory", "", "Memory, requested and at most, such as 16Gi")
	flags.Int64Var(&o.GPU, "gpu", 0, "GPUs ("+string(job.GPUResource)+")")
	flags.StringArrayVarP(&o.Env, "env", "e", nil, "Environment variable as KEY=VALUE (repeatable)")
	flags.StringVar(&o.Results, "results", "", "Make a volume of this size, such as 10Gi, as claim NAME-results, mounted at /results")
	flags.BoolVar(&o.Reuse, "reuse-results", false, "Take the claim NAME-results as it is, although the results on it were not fetched")
	flags.StringArrayVar(&o.PVC, "pvc", nil, "Mount an existing claim, as NAME[/SUBPATH][:/path[:ro]]; the path is /NAME by default (repeatable)")
	flags.StringVar(&o.TTL, "ttl", "", "Delete the job, but never its results volume, this long after it finished, such as 24h or 7d")
	flags.Int32Var(&o.BackoffLimit, "backoff-limit", 0, "How often a failed pod is replaced before the job has failed")
	flags.BoolVar(&o.Wait, "wait", false, "Wait until the job is finished and end with its exit status")
	flags.StringVar(&o.DryRun, "dry-run", "none", "none, client (print what would be made) or server (let the server check it, make nothing)")
	flags.Lookup("dry-run").NoOptDefVal = "client"
}

// Run makes the claim and the job, and says how to go on.
func (o *Options) Run(ctx context.Context) error {
	made, err := o.make(ctx)
	switch {
	case err != nil && o.wait:
		return exit.With(exit.Tool, err) // not the job's own status
	case err != nil || o.dryRun != dryRunNone:
		return err
	}
	o.next()
	if o.wait {
		return o.await(ctx, made)
	}
	return nil
}

func (o *Options) make(ctx context.Context) (objects, error) {
	if err := o.whoami(ctx); err != nil {
		return objects{}, err
	}
	made, err := o.create(ctx)
	if err != nil || o.wait && o.print.json {
		return made, err // the object to come tells how it ended
	}
	return made, o.print.all(made)
}

// whoami records whom the job is for.
func (o *Options) whoami(ctx context.Context) error {
	if o.dryRun == dryRunClient {
		return nil
	}
	me, err := owner.Whoami(ctx, o.client)
	o.spec.Owner = me
	return err
}

// next says how to go on, in lines that can be typed as they stand.
func (o *Options) next() {
	f, name := o.factory, o.spec.Name
	f.Say(fmt.Sprintf("\nNext:\n  %s\n  %s", f.Line("logs", name, "-f"), f.Line("wait", name)))
	if o.spec.Results != "" {
		f.Say("  " + f.Line("fetch", name))
		return
	}
	for _, m := range o.spec.Mounts {
		if !m.ReadOnly {
			f.Say("  " + f.Line("fetch", name, m.Path))
			return
		}
	}
	f.Say("What this job writes ends with its container; --results SIZE keeps it on a volume.")
}
