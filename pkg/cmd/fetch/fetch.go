// Package fetch is `kubectl batch fetch`: flags, a request for pkg/results, and the output.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/klog/v2"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/helperflags"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/jobrun"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/selector"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/results"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
	"github.com/kubectl-batch/kubectl-batch/pkg/ui"
)

// Flags are the raw values of the flags.
type Flags struct {
	Dir           string
	Force, Anyway bool

	Select    selector.Flags
	Unfetched bool
	Task      string

	Include, Exclude               []string
	Checksum, Plan                 bool
	Mark                           bool
	Links                          string
	Parallel, Retries              int
	Compress, Transport, LimitRate string
	Timeout, Manifest              string
	Output, Progress               string

	Via, To                                    string
	KeepObjects                                bool
	Profile, Region, EndpointURL, InClusterURL string
	// PathStyle is nil if it is not set.
	PathStyle *bool

	Helper helperflags.Flags
}

// Options is a complete request.
type Options struct {
	factory  *factory.Factory
	client   clients.Interface
	executor transport.Executor
	request  results.Request
	// several means that jobs are selected by flags; with unfetched, only those whose results are not fetched.
	several, unfetched bool
	selection          selector.Selection
	// timeout limits the whole command; 0 for no limit.
	timeout time.Duration
	mode    ui.Mode
	json    bool
}

// defaultFlags returns the flags of a command line without flags.
func defaultFlags() *Flags {
	flags := &Flags{}
	flags.AddFlags(pflag.NewFlagSet("fetch", pflag.ContinueOnError))
	return flags
}

// Ready returns a check for verbs that fetch after they have created something. It fails if the environment names a bucket
// that cannot be used.
func Ready(f *factory.Factory) func(context.Context) error {
	return func(ctx context.Context) error {
		options, err := defaultFlags().ToOptions(f, []string{"job"})
		if err != nil || options.request.Bucket.Via.Bucket == "" {
			return err
		}
		_, err = s3.Open(ctx, options.request.Bucket.Store)
		return err
	}
}

// Results returns the fetch of all results of a finished job, for another verb.
func Results(f *factory.Factory) func(ctx context.Context, last *batchv1.Job, wanted jobrun.FetchOptions) error {
	return func(ctx context.Context, last *batchv1.Job, wanted jobrun.FetchOptions) error {
		flags, f := defaultFlags(), f
		flags.Dir = wanted.Dir
		if wanted.JSON {
			flags.Output = "json"
		}
		if wanted.Quiet {
			quiet := *f
			quiet.Quiet, f = true, &quiet
			flags.Progress = string(ui.Quiet)
		}
		options, err := flags.ToOptions(f, []string{last.Name})
		if err != nil {
			return err
		}
		options.request.Last = last
		return options.Run(ctx)
	}
}

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
	flags.completeFlags(f, cmd)
	return cmd
}

// errTimeout is the cause if --timeout ends the command.
var errTimeout = errors.New("timed out")

// Run fetches, and prints the result.
func (o *Options) Run(ctx context.Context) error {
	progress := ui.NewProgress(o.factory.Streams.ErrOut, o.factory.Clock, o.mode)
	defer progress.Close()
	if o.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, o.timeout, errTimeout)
		defer cancel()
	}
	config := o.config(progress)
	if o.several {
		return o.setStatus(ctx, progress, o.fetchJobs(ctx, config))
	}
	_, err := results.Fetch(ctx, config, o.request)
	return o.setStatus(ctx, progress, err)
}

// config returns the environment of the fetch. Messages are printed by progress: they must not break its line.
func (o *Options) config(progress *ui.Progress) results.Config {
	f := *o.factory
	f.Streams.ErrOut = progress
	return results.Config{
		Client: o.client, Executor: o.executor, Tunnel: f.Client.Tunnel, Server: f.Client.Server, Clock: f.Clock, ServerClock: f.ServerClock(),
		CacheDir: f.CacheDir, Say: f.SayLines, Progress: progressView{progress}, Commands: o.factory, OwnBuckets: f.OwnBuckets,
		Trace:    func(text string) { klog.V(1).Info("fetch: " + text) },
		Finished: o.printOutcome,
	}
}

// fetchJobs fetches the results of the selected jobs.
func (o *Options) fetchJobs(ctx context.Context, config results.Config) error {
	outcomes, err := results.FetchJobs(ctx, config, o.request, o.selectJobs)
	if outcomes == nil {
		return err
	}
	printed := o.printJSON(map[string]any{"items": outcomes})
	_, failed := errors.AsType[*results.JobsError](err)
	switch {
	case printed != nil && failed:
		return printed
	case err != nil || printed != nil:
		return errors.Join(err, printed)
	case len(outcomes) > 0:
		return nil
	case o.unfetched:
		config.Say("Nothing to fetch " + selector.In(o.request.Namespace) + ": none of your finished jobs has unfetched results")
		return nil
	}
	return &selector.NoJobsError{Namespace: o.request.Namespace}
}

// selectJobs returns the jobs that the flags select, oldest first.
func (o *Options) selectJobs(ctx context.Context, me provenance.Identity) ([]*batchv1.Job, error) {
	selection := o.selection
	if o.unfetched {
		if _, err := me.Selector(); err != nil {
			return nil, fmt.Errorf("--unfetched: %w", err)
		}
		selection = selection.Mine()
	}
	namespace := o.request.Namespace
	jobs, err := selection.Jobs(ctx, o.client, namespace, o.factory.ServerClock().Now)
	if err != nil || !o.unfetched {
		return jobs, err
	}
	return results.Unfetched(ctx, o.client, namespace, me, jobs)
}

// setStatus returns the error that ends the command, with its exit status. With --progress=json it prints the error as
// an event.
func (o *Options) setStatus(ctx context.Context, progress *ui.Progress, err error) error {
	if _, wrong := errors.AsType[*results.RequestError](err); wrong {
		err = exit.With(exit.Usage, err)
	}
	if err != nil && errors.Is(context.Cause(ctx), errTimeout) {
		err = &exit.Error{Status: exit.Timeout, Err: fmt.Errorf("%w after %s (--timeout)", errTimeout, o.timeout)}
	}
	silent := &exit.Error{}
	printed := errors.As(err, &silent) && silent.Err == nil
	if err == nil || printed || errors.Is(err, context.Canceled) || !progress.Fail(err) {
		return err
	}
	return exit.Silently(exit.Status(err))
}
