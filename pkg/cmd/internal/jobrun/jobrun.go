// Package jobrun creates the job of a request, for run and rerun, prints the created objects, and then waits for the
// job, fetches its results or deletes it, as requested.
package jobrun

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/sweep"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/submit"
)

// Fetcher is the verb fetch. The root command passes it, because a verb never imports a verb.
type Fetcher struct {
	// Ready returns an error for a configuration with which every fetch fails. It is called before the job exists.
	Ready func(context.Context) error
	// Results copies the results of a finished job, even if the job no longer exists.
	Results func(ctx context.Context, job *batchv1.Job, options FetchOptions) error
}

// FetchOptions are how results are fetched: to Dir, "" for ./JOB.
type FetchOptions struct {
	Dir         string
	JSON, Quiet bool
}

// Request is a complete request. Run does not change it.
type Request struct {
	Factory *factory.Factory
	Client  clients.Interface
	// Submission is the job to create, and its objects.
	Submission submit.Request
	// Notes are printed after the objects.
	Notes   []string
	Printer Printer
	After   After
}

// After is what follows the creation of the job.
type After struct {
	Wait, Follow, Fetch, Remove bool
	// Dir is the destination of Fetch, "" for ./JOB.
	Dir     string
	Fetcher Fetcher
	// Timeout limits the wait, 0 for no limit. FailFast is how long the job may be unable to run, 0 for no limit.
	Timeout, FailFast time.Duration
}

// Waits reports whether the command waits for the job.
func (a After) Waits() bool { return a.Wait || a.Follow || a.Fetch || a.Remove }

// withToolStatus gives an error of the command itself the status that distinguishes it from the job's own.
func (a After) withToolStatus(err error) error {
	if a.Waits() {
		return exit.With(exit.Tool, err)
	}
	return err
}

// Run creates the job, prints the next commands, and does what After requests.
func (r *Request) Run(ctx context.Context) error {
	if r.After.Fetch {
		if err := r.After.Fetcher.Ready(ctx); err != nil {
			return r.After.withToolStatus(fmt.Errorf("--fetch: %w", err))
		}
	}
	plan, created, err := r.create(ctx)
	if err != nil {
		return r.After.withToolStatus(withUsageStatus(err))
	}
	if !r.Submission.DryRun.Persists() {
		return nil
	}
	job := &createdJob{Request: r, plan: plan, created: created.Job}
	job.suggestCommands()
	sweep.HelperPods(ctx, r.Factory, r.Client, r.Submission.Namespace)
	return job.finish(ctx)
}

// withUsageStatus gives an error of the request itself its exit status.
func withUsageStatus(err error) error {
	if _, ok := errors.AsType[*submit.InvalidError](err); ok {
		return exit.With(exit.Usage, err)
	}
	return err
}

// create resolves the request, creates the objects and prints them.
func (r *Request) create(ctx context.Context) (*submit.Plan, submit.Objects, error) {
	plan, err := submit.Resolve(ctx, r.cluster(), r.Submission)
	if err != nil {
		return nil, submit.Objects{}, err
	}
	if err := r.checkAfter(plan); err != nil {
		return nil, submit.Objects{}, exit.With(exit.Usage, err)
	}
	objects, notes := plan.Objects, plan.Notes
	if r.Submission.DryRun != submit.DryRunClient {
		created, err := plan.Create(ctx)
		if err != nil {
			return nil, submit.Objects{}, err
		}
		objects = created.Objects
		notes = slices.Concat(notes, created.Notes)
	}
	if !r.After.Waits() || !r.Printer.json { // with both, the object that reports the end of the job is the only one
		err = r.Printer.printAll(objects, r.Submission.DryRun)
	}
	r.printNotes(plan, objects, notes)
	return plan, objects, err
}

// cluster returns what the creation of a job uses.
func (r *Request) cluster() submit.Cluster {
	f := r.Factory
	return submit.Cluster{
		Client: r.Client, Objects: f.Client.Objects, Executor: f.Client.Executor,
		Now:    func() time.Time { return f.ServerClock().Now() },
		Suffix: f.Suffix, Command: f.Line, Say: f.Say,
	}
}

// checkAfter returns an error if what After requests cannot succeed. The job is complete, but not yet created.
func (r *Request) checkAfter(plan *submit.Plan) error {
	hasResults := plan.ResultsClaim() != ""
	switch after := r.After; {
	case after.Fetch && !hasResults:
		return errors.New("--fetch requires --results: files written by this job are lost when its container ends")
	case after.Remove && hasResults && !after.Fetch:
		return errors.New("--rm with --results requires --fetch: otherwise the results claim remains without its job")
	case !after.Fetch:
		return nil
	}
	dir := r.After.Dir
	if dir == "" {
		dir = plan.Job.Name
	}
	if err := checkDestination(dir); err != nil {
		return fmt.Errorf("--fetch -d %s: %w", dir, err)
	}
	return nil
}
