// Package fetch is `kubectl batch fetch`: it finds the volume that holds a
// job's results, opens it with a helper pod, and copies the results here.
package fetch

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/jobrun"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/selector"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
	"github.com/kubectl-batch/kubectl-batch/pkg/ui"
)

// imageVariable names the helper's image for sites that mirror images.
const imageVariable = "KUBECTL_BATCH_HELPER_IMAGE"

// Flags is what was typed.
type Flags struct {
	Dir                     string
	Force, Anyway           bool
	Image                   string
	HelperCPU, HelperMemory string

	Select    selector.Flags
	Unfetched bool
	Task      string

	Include, Exclude               []string
	Checksum, Plan, KeepHelper     bool
	Mark                           bool
	Links                          string
	Parallel, Retries              int
	Compress, Transport, LimitRate string
	Timeout, Manifest              string
	Output, Progress               string

	// stored says that files come from a bucket that they lie in; viaDefault is what the
	// environment says.
	stored                                     bool
	viaDefault                                 string
	Via, To                                    string
	KeepObjects                                bool
	Profile, Region, EndpointURL, InClusterURL string
	// PathStyle is nil where it was not typed.
	PathStyle *bool
}

// Options is a request that can be carried out as it stands.
type Options struct {
	factory   *factory.Factory
	client    clients.Interface
	executor  transport.Executor
	namespace string
	// ref names the job; claim, if not empty, a claim in place of it. With
	// several there is neither.
	ref   job.Ref
	claim string
	// last is the last known state of the job that ref names, which may not exist any more; nil where another
	// command did not wait for it.
	last *batchv1.Job
	// stored is, in place of both, where an earlier fetch left files in a bucket.
	stored s3.Location
	// several jobs are those that selection selects, only unfetched ones of the
	// user where that is set.
	several   bool
	selection selector.Selection
	// selecting are the flags that select them, as typed.
	selecting []string
	unfetched bool
	paths     []string
	// tasks are those of an array, sorted; nil for all.
	tasks []taskRange
	// dir is "" for the default: a folder named after the job, or with several
	// the current one.
	dir   string
	force bool
	// anyway fetches what is on the claim of a job, also where another job uses the claim now.
	anyway bool
	// image is jobImage for the job's own; imageNamed says that it was typed.
	image       string
	imageNamed  bool
	cpu, memory resource.Quantity
	engine      Engine
	// globs are those of the engine's filter, as typed.
	globs []string
	mode  ui.Mode
	json  bool
	// reserved is the local directory of one job, locked.
	reserved *transfer.Reservation
	// inUse says that something may write to the results while they are fetched.
	inUse bool
	// kinds are the ways through a bucket that this command takes, one after the other.
	kinds []string
	// store is that of engine.Via, via the way through it for one claim; nil for none.
	store *s3.Store
	via   *via

	me       provenance.Identity
	progress *ui.Progress
	began    time.Time
}

// untyped returns the flags with their defaults.
func untyped() *Flags {
	flags := &Flags{}
	flags.AddFlags(pflag.NewFlagSet("fetch", pflag.ContinueOnError))
	return flags
}

// Ready returns what looks whether the environment names a bucket that cannot be used: it is
// how another verb asks before it makes anything.
func Ready(f *factory.Factory) func(context.Context) error {
	return func(ctx context.Context) error {
		options, err := untyped().ToOptions(f, []string{"job"})
		if err != nil || options.engine.Via.Bucket == "" {
			return err
		}
		_, err = s3.Open(ctx, options.engine.Store)
		return err
	}
}

// Results returns what copies all results of one finished job: it is how another verb fetches.
func Results(f *factory.Factory) func(ctx context.Context, last *batchv1.Job, how jobrun.FetchOptions) error {
	return func(ctx context.Context, last *batchv1.Job, how jobrun.FetchOptions) error {
		flags, f := untyped(), f
		if flags.Dir = how.Dir; how.JSON {
			flags.Output = "json"
		}
		if how.Quiet {
			quiet := *f
			quiet.Quiet, f = true, &quiet
			flags.Progress = string(ui.Quiet)
		}
		options, err := flags.ToOptions(f, []string{last.Name})
		if err != nil {
			return err
		}
		options.last = last
		return options.Run(ctx)
	}
}

// several reports whether jobs are selected, and not named.
func (o *Flags) several() bool { return o.Select.Typed() || o.Unfetched }

// NewCommand returns the fetch command.
func NewCommand(f *factory.Factory) *cobra.Command {
	flags := &Flags{}
	cmd := &cobra.Command{
		Use:     "fetch (JOB | pvc/NAME | s3://BUCKET/PREFIX | -l SELECTOR | --unfetched) [PATH...] [-d DIR]",
		Short:   "Copy the results of a job to the local machine",
		Long:    long,
		Example: example,
		Args: func(cmd *cobra.Command, args []string) error {
			if flags.several() {
				return nil
			}
			return cobra.MinimumNArgs(1)(cmd, args)
		},
		ValidArgsFunction: flags.complete(f),
		RunE: func(cmd *cobra.Command, args []string) error {
			options, err := flags.ToOptions(f, args)
			if err != nil {
				return err
			}
			return options.Run(cmd.Context())
		},
	}
	flags.AddFlags(cmd.Flags())
	completeFlags(f, cmd)
	return cmd
}

// Run finds, copies, marks, and says what came.
func (o *Options) Run(ctx context.Context) error {
	o.began = o.factory.Clock.Now()
	o.progress = ui.NewProgress(o.factory.Streams.ErrOut, o.factory.Clock, o.mode)
	defer o.progress.Close()
	aside := *o.factory
	aside.Streams.ErrOut = o.progress // what is said must not break the live line
	o.factory = &aside
	if o.engine.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, o.engine.Timeout, errTimeout)
		defer cancel()
	}
	return o.end(ctx, o.run(ctx))
}

func (o *Options) run(ctx context.Context) error {
	if err := o.openStore(ctx); err != nil {
		return err
	}
	if o.stored.Bucket != "" {
		return o.fetchStored(ctx)
	}
	if o.several {
		return o.fetchSeveral(ctx)
	}
	found, err := o.find(ctx)
	if err != nil {
		return err
	}
	if err := o.prepare(ctx); err != nil {
		return err
	}
	helpers := &helpers{options: o}
	out, err := o.fetchOne(ctx, found, helpers)
	helpers.close(ctx)
	if out != nil {
		err = transfer.Joined(err, o.tell(out), o.print(out))
	}
	helpers.tidy(ctx)
	return err
}

// prepare learns who asks, and removes helpers that a killed client left.
func (o *Options) prepare(ctx context.Context) (err error) {
	if o.me, err = provenance.Whoami(ctx, o.client); err != nil {
		return err
	}
	if _, err := helper.Sweep(ctx, o.client, o.namespace, o.factory.ServerClock().Now()); err != nil {
		o.factory.Say("Note: " + printable.Error(err))
	}
	return nil
}
