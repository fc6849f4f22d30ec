// Package purge is `kubectl batch purge`: it deletes jobs that are finished,
// with their pods. Results volumes are never touched.
package purge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/duration"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/screen"
)

const long = `
	Delete finished jobs and their pods; their results volumes stay.

	Without names: the jobs of the namespace that completed, other than those
	that a controller (such as a CronJob) keeps. With names: those jobs, whichever
	way they ended. A job that is not finished is never deleted, nor one whose
	results someone is fetching.`

const example = `
	# See what would be deleted, then delete it
	kubectl batch purge --dry-run
	kubectl batch purge

	# In a script: what completed more than three days ago, without a question
	kubectl batch purge --older-than=3d -y

	# One job, whichever way it ended
	kubectl batch purge train`

// Flags is what was typed.
type Flags struct {
	OlderThan, DryRun string
	Yes               bool
}

// Options is a request that can be carried out as it stands.
type Options struct {
	factory   *factory.Factory
	client    kubernetes.Interface
	namespace string
	refs      []job.Ref
	olderThan time.Duration
	// dryRun is none, client or server.
	dryRun string
	yes    bool
}

// NewCommand returns the purge command.
func NewCommand(f *factory.Factory) *cobra.Command {
	flags := &Flags{}
	cmd := &cobra.Command{
		Use:     "purge [JOB...]",
		Aliases: []string{"prune", "clean"},
		Short:   "Delete finished jobs; their results volumes stay",
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
	return cmd
}

// AddFlags declares the flags.
func (o *Flags) AddFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.OlderThan, "older-than", "", "Only jobs that finished longer ago than this ("+duration.Forms+")")
	flags.BoolVarP(&o.Yes, "yes", "y", false, "Delete without asking")
	flags.StringVar(&o.DryRun, "dry-run", "none", "none, client (show what would be deleted) or server (let the server check it, delete nothing)")
	flags.Lookup("dry-run").NoOptDefVal = "client"
}

// ToOptions parses every string once.
func (o *Flags) ToOptions(f *factory.Factory, args []string) (*Options, error) {
	refs, err := job.ParseRefs(args)
	if err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	options := &Options{factory: f, refs: refs, yes: o.Yes, dryRun: o.DryRun}
	switch o.DryRun {
	case "none", "client", "server":
	default:
		return nil, exit.Usagef("--dry-run=%q: none, client or server is expected", o.DryRun)
	}
	if o.OlderThan != "" {
		if options.olderThan, err = duration.Parse(o.OlderThan); err != nil {
			return nil, exit.Usagef("--older-than: %w", err)
		}
	}
	options.client, options.namespace, err = f.Cluster()
	return options, err
}

// Run selects, asks, deletes.
func (o *Options) Run(ctx context.Context) error {
	chosen, refused := o.choose(ctx)
	if errors.Is(refused, context.Canceled) {
		return refused
	}
	if len(chosen) == 0 {
		if refused == nil {
			o.factory.Say(fmt.Sprintf("Nothing to purge in namespace %q", o.namespace))
			refused = o.sweep(ctx)
		}
		return refused
	}
	if o.dryRun == "client" {
		return errors.Join(refused, o.preview(o.factory.Streams.Out, chosen))
	}
	if o.dryRun == "none" && !o.yes {
		if err := o.ask(ctx, chosen); err != nil {
			return errors.Join(refused, err)
		}
		// An answer can take its time: somebody may have begun to fetch.
		var busy error
		chosen, busy = o.free(ctx, chosen)
		refused = errors.Join(refused, busy)
	}
	return errors.Join(refused, o.delete(ctx, chosen), o.sweep(ctx))
}

// errDeclined ends purge after a no.
var errDeclined = errors.New("nothing was deleted")

// ask shows what would go, and asks.
func (o *Options) ask(ctx context.Context, chosen []candidate) error {
	if err := o.preview(o.factory.Streams.ErrOut, chosen); err != nil {
		return err
	}
	yes, err := screen.Confirm(ctx, o.factory.Streams, fmt.Sprintf("Delete %s and their pods? Results volumes stay.", count(len(chosen))))
	switch {
	case errors.Is(err, screen.ErrNoTerminal):
		return fmt.Errorf("%w, so %w; -y deletes without asking", err, errDeclined)
	case err != nil:
		return err
	case !yes:
		return errDeclined
	}
	return nil
}

// sweep removes what a killed fetch or run left behind.
func (o *Options) sweep(ctx context.Context) error {
	if o.dryRun != "none" {
		return nil
	}
	swept, err := helper.Sweep(ctx, o.client, o.namespace, o.factory.Clock.Now())
	if swept > 0 {
		o.factory.Say(fmt.Sprintf("Removed helper pods that a fetch left behind: %d", swept))
	}
	left, failed := job.SweepLeftovers(ctx, o.client, o.namespace, o.factory.Clock.Now())
	if left > 0 {
		o.factory.Say(fmt.Sprintf("Removed what a run left behind before it made its job: %d", left))
	}
	return errors.Join(err, failed)
}

func count(n int) string {
	if n == 1 {
		return "1 job"
	}
	return fmt.Sprintf("%d jobs", n)
}
