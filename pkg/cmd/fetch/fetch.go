// Package fetch is `kubectl batch fetch`: it finds the volume that holds a
// job's results, opens it with a helper pod, and copies the results here.
package fetch

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// imageVariable names the helper's image for sites that mirror images.
const imageVariable = "KUBECTL_BATCH_HELPER_IMAGE"

const long = `
	Copy the results of a job to this machine.

	The volume that the job left its results on is mounted read-only in a
	short-lived helper pod, and the files are streamed from there; the job may be
	running, finished or deleted. PATH is as the job saw it (/results/model.pt) or
	relative to the volume; without one, all of the volume that run --results made
	is copied. The files land in --dir as they lie on the volume. What is there
	already and the same is kept; a file that no fetch wrote is never overwritten
	without --force.`

const example = `
	# Copy all results of a job to ./train
	kubectl batch fetch train

	# One file, to a folder of your choice
	kubectl batch fetch train /results/model.pt -d ~/models

	# Results on a claim of your own: say what to copy, / for all of it
	kubectl batch fetch evaluate /data/run7

	# From a claim whose job is gone
	kubectl batch fetch pvc/train-results`

// Flags is what was typed.
type Flags struct {
	Dir                     string
	Force                   bool
	Image                   string
	HelperCPU, HelperMemory string
}

// Options is a request that can be carried out as it stands.
type Options struct {
	factory   *factory.Factory
	client    kubernetes.Interface
	executor  transport.Executor
	namespace string
	// ref names the job; claim, if not empty, a claim in place of it.
	ref   job.Ref
	claim string
	paths []string
	// dir is "" for a folder named after the job.
	dir         string
	force       bool
	image       string
	cpu, memory resource.Quantity
	me          owner.Identity
}

// NewCommand returns the fetch command.
func NewCommand(f *factory.Factory) *cobra.Command {
	flags := &Flags{}
	cmd := &cobra.Command{
		Use:     "fetch (JOB | pvc/NAME) [PATH...] [-d DIR]",
		Aliases: []string{"get", "download"},
		Short:   "Copy the results of a job to this machine",
		Long:    long,
		Example: example,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			options, err := flags.ToOptions(f, args)
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
	flags.StringVarP(&o.Dir, "dir", "d", "", "Folder that the files go to (default: ./JOB)")
	flags.BoolVar(&o.Force, "force", false, "Overwrite local files that no fetch wrote")
	flags.StringVar(&o.Image, "helper-image", "", "Image of the helper pod, with sh and tar (default: $"+imageVariable+", else "+helper.DefaultImage+")")
	flags.StringVar(&o.HelperCPU, "helper-cpu", "1", "CPUs of the helper pod")
	flags.StringVar(&o.HelperMemory, "helper-memory", "256Mi", "Memory of the helper pod")
}

// Run finds the volume, copies, marks, and says what came.
func (o *Options) Run(ctx context.Context) error {
	found, err := o.find(ctx)
	if err != nil {
		return err
	}
	if o.me, err = owner.Whoami(ctx, o.client); err != nil {
		return err
	}
	if _, err := helper.Sweep(ctx, o.client, o.namespace, o.factory.Clock.Now()); err != nil {
		o.factory.Say("Note: " + err.Error())
	}
	return o.copy(ctx, found)
}
