package purge

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flagvalue"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/plural"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/purge"
	"github.com/kubectl-batch/kubectl-batch/pkg/ui"
)

// namedAtMost is how many failures are reported: they usually have one cause.
const namedAtMost = 20

// carry executes plan, reports each object, and returns the objects that were deleted. It collects
// failures.
func (o *Options) carry(ctx context.Context, plan *purge.Plan) (removed []purge.Object, errs error) {
	o.explainKept(plan)
	n, failures := len(plan.Jobs)+len(plan.Claims), 0
	counter := ui.NewCounter(o.factory.Streams.ErrOut, o.factory.Clock, "deleted", n)
	plan.Carry(ctx, o.client, o.dryRun == flagvalue.DryRunServer, func(object purge.Object, err error) {
		counter.Clear()
		if err == nil {
			removed = append(removed, object)
			err = o.answer.deleted(object)
			counter.Add()
		} else {
			o.answer.reportKept(object, failed, err.Error())
			err = o.failure(object, err)
		}
		if err == nil {
			return
		}
		if failures++; failures <= namedAtMost {
			errs = errors.Join(errs, err)
		}
	})
	if omitted := failures - namedAtMost; omitted > 0 {
		errs = errors.Join(errs, fmt.Errorf("... and %d more %s not deleted", omitted, plural.Choose(omitted, "was", "were")))
	}
	counter.Clear()
	if err := ctx.Err(); err != nil {
		o.factory.SayLines("", fmt.Sprintf("Interrupted: deleted %s of %s. Run the same command again to continue.", humanize.Comma(int64(len(removed))), o.requested(plan)))
		return removed, errors.Join(errs, err)
	}
	return removed, errs
}

// requested counts the jobs and claims that plan deletes.
func (o *Options) requested(plan *purge.Plan) string {
	switch {
	case len(plan.Claims) == 0:
		return plural.Count(len(plan.Jobs), "job")
	case len(plan.Jobs) == 0:
		return plural.Count(len(plan.Claims), "claim")
	}
	return humanize.Comma(int64(len(plan.Jobs)+len(plan.Claims))) + " jobs and claims"
}

// withDependents returns the objects that were deleted, with their dependents.
func withDependents(plan *purge.Plan, removed []purge.Object) []purge.Object {
	dependents := map[purge.Object][]purge.Object{}
	for _, item := range plan.Jobs {
		dependents[item.Object] = item.With
	}
	everything := removed
	for _, object := range removed {
		everything = append(everything, dependents[object]...)
	}
	return everything
}

// failure returns the error for an object that was not deleted.
func (o *Options) failure(object purge.Object, err error) error {
	name := fmt.Sprintf("%s %q", kindOf(object.Kind), object.Shown(o.namespace))
	if purge.IsKept(err) {
		return fmt.Errorf("%s was not deleted: %w", name, err)
	}
	return fmt.Errorf("deleting %s: %w", name, err)
}

func kindOf(kind purge.Kind) string {
	switch kind {
	case purge.KindJob:
		return "job"
	case purge.KindClaim:
		return "claim"
	default:
		return string(kind)
	}
}

// announceSweep names the helper pods that the sweep will delete. Errors are ignored: the sweep lists the pods again.
func (o *Options) announceSweep(ctx context.Context) {
	stale, err := helper.Stale(ctx, o.client, o.namespace, o.factory.ServerClock().Now())
	if err != nil || len(stale) == 0 {
		return
	}
	var names []string
	for i := range stale {
		names = append(names, helper.DisplayName(&stale[i], o.namespace))
	}
	o.factory.Say("Helper pods of interrupted fetches are also deleted: " + strings.Join(names, ", "))
}

// foretell answers a client's dry run.
func (o *Options) foretell(ctx context.Context, plan *purge.Plan) error {
	o.warn(plan)
	o.announceSweep(ctx)
	if o.answer.format == "" {
		if err := o.preview(o.factory.Streams.Out, plan, math.MaxInt); err != nil {
			return err
		}
		_, err := fmt.Fprintf(o.factory.Streams.Out, "%s would be deleted (dry run)\n", o.total(plan))
		return err
	}
	var errs error
	for _, item := range plan.Jobs {
		errs = errors.Join(errs, o.answer.deleted(item.Object))
	}
	for _, claim := range plan.Claims {
		errs = errors.Join(errs, o.answer.deleted(claim.Object))
	}
	return errs
}

// explainKept reports, once, the claims that are kept despite --volumes.
func (o *Options) explainKept(plan *purge.Plan) {
	for _, line := range purge.Summary(plan.Kept, o.namespace, o.fetchCommand()) {
		o.factory.Say(line)
	}
	for _, claim := range plan.Kept {
		o.answer.reportKept(claim.Object, keptResult, claim.Why)
	}
	plan.Kept = nil
}

// fetchCommand is the command that fetches results.
func (o *Options) fetchCommand() string { return o.factory.Program.String() + " fetch" }

// sweep removes what a killed fetch or run left behind.
func (o *Options) sweep(ctx context.Context) error {
	if o.dryRun != flagvalue.DryRunNone {
		return nil
	}
	swept, err := helper.Sweep(ctx, o.client, o.namespace, o.factory.ServerClock().Now())
	if len(swept) > 0 {
		o.factory.Say("Deleted helper pods of interrupted fetches: " + strings.Join(swept, ", "))
	}
	leftovers, failed := job.SweepLeftovers(ctx, o.client, o.namespace, o.factory.ServerClock().Now())
	for _, name := range leftovers {
		o.factory.Say("Deleted " + name + ", which an interrupted run created for a job that does not exist")
	}
	return errors.Join(err, failed)
}
