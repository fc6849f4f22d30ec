package purge

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-batch/kubectl-batch/pkg/cleanup"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
)

// plan finds what is to go. What was asked for by name and stays is in refused; the
// rest goes on.
func (o *Options) plan(ctx context.Context) (plan *cleanup.Plan, refused, err error) {
	selected, err := o.filter.Options(ctx, o.client)
	if err != nil {
		return nil, nil, err
	}
	chosen, refused, err := o.choose(ctx, selected)
	if err != nil {
		return nil, refused, err
	}
	plan, err = cleanup.Make(ctx, o.client, o.namespace, chosen, cleanup.Volumes{Delete: o.volumes, Discard: o.discard, Orphans: o.orphans(selected.LabelSelector)})
	if err != nil {
		return nil, refused, err
	}
	busy, err := o.busy(ctx, plan)
	return plan, errors.Join(refused, busy, o.unknown(plan)), err
}

func (o *Options) named() bool { return len(o.refs)+len(o.claims) > 0 }

func (o *Options) choose(ctx context.Context, selected metav1.ListOptions) (chosen []cleanup.Job, refused, err error) {
	if o.named() {
		chosen, refused = o.byName(ctx)
		return chosen, refused, ctx.Err()
	}
	jobs, err := cleanup.Finished(ctx, o.client, o.namespace, selected, o.keepBy)
	if err != nil {
		return nil, nil, err
	}
	jobs = o.notGoing(jobs)
	selection := o.selection
	if len(selection.States) == 0 {
		selection.States = []job.State{job.Complete}
	}
	chosen, left := selection.Of(jobs, o.factory.Clock.Now())
	if len(left) > 0 {
		o.factory.Say(ofOthers(left))
	}
	return chosen, nil, nil
}

// notGoing leaves out the jobs that are being deleted already; to wait for them is
// another matter.
func (o *Options) notGoing(jobs []cleanup.Job) []cleanup.Job {
	if o.wait {
		return jobs
	}
	return slices.DeleteFunc(jobs, func(one cleanup.Job) bool { return one.Going })
}

func ofOthers(left cleanup.Left) string {
	n := 0
	for _, one := range left {
		n += one
	}
	keepers := slices.Sorted(maps.Keys(left))
	const most = 3
	if more := len(keepers) - most; more > 0 {
		keepers = append(keepers[:most], fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("Left %s that something else looks after (%s); --owned or a name deletes it all the same", jobs(n), strings.Join(keepers, ", "))
}

// byName returns the jobs that were asked for by name.
func (o *Options) byName(ctx context.Context) (chosen []cleanup.Job, errs error) {
	seen := map[string]bool{}
	for _, ref := range o.refs {
		one, err := job.Get(ctx, o.client, o.namespace, ref)
		var missing *job.NotFoundError
		if errors.As(err, &missing) && o.missing {
			continue
		}
		if err != nil {
			errs = errors.Join(errs, err)
			continue
		}
		if job.End(one) == nil {
			errs = errors.Join(errs, fmt.Errorf("job %q is left: it is not finished (%s)", one.Name, job.StateOf(one)))
			continue
		}
		selection := o.selection
		selection.Owned = true
		took, _ := selection.Of([]cleanup.Job{cleanup.Reduce(one, "")}, o.factory.Clock.Now())
		switch {
		case len(took) == 0:
			o.factory.Say(fmt.Sprintf("job %q is left: %s", one.Name, o.leftOut()))
		case !seen[one.Name]:
			seen[one.Name] = true
			chosen = append(chosen, took...)
		}
	}
	return chosen, errs
}

// leftOut says why a named job stays.
func (o *Options) leftOut() string {
	if !o.selection.Fetched {
		return "it finished more recently than --older-than says"
	}
	return "--older-than or --fetched leaves it out"
}

// busy takes the jobs out of plan whose results someone is fetching. That is an
// error only where the job was asked for by name.
func (o *Options) busy(ctx context.Context, plan *cleanup.Plan) (refused, err error) {
	live, err := helper.Live(ctx, o.client, o.namespace, o.factory.Clock.Now())
	if err != nil {
		return nil, err
	}
	for _, pod := range live {
		name, who := pod.Labels[owner.JobLabel], pod.Annotations[owner.Annotation]
		if !plan.Leave(pod.Namespace, name) {
			continue
		}
		if who == "" {
			who = "someone"
		}
		text := fmt.Sprintf("job %q is left: %s is fetching its results", name, who)
		if o.named() {
			refused = errors.Join(refused, errors.New(text))
			continue
		}
		o.factory.Say(text)
	}
	return refused, nil
}

// orphans says which claims of jobs that are gone are to go. When those ended is not
// known, so filters that go by it leave them, but for one whose results were fetched.
func (o *Options) orphans(selector string) func(cleanup.Claim) bool {
	if len(o.claims) > 0 {
		return func(claim cleanup.Claim) bool { return slices.Contains(o.claims, claim.Name) }
	}
	s := o.selection
	if o.named() || len(s.States) > 0 || s.Keep > 0 || o.filter.FieldSelector != "" {
		return nil
	}
	matching, err := labels.Parse(selector)
	if err != nil {
		return nil // it was parsed before
	}
	return func(claim cleanup.Claim) bool {
		fetched := !claim.Fetched.IsZero()
		switch {
		case !matching.Matches(claim.Labels), s.Fetched && !fetched && !claim.Unused:
			return false
		case s.OlderThan > 0:
			return fetched && o.factory.Clock.Since(claim.Fetched) >= s.OlderThan
		}
		return true
	}
}

// orphansToo has the preview show the results whose job is gone, where they stay. It is
// a courtesy: who may not list claims is shown none.
func (o *Options) orphansToo(ctx context.Context, plan *cleanup.Plan) {
	if o.volumes || o.named() || o.filter.Typed() && !o.filter.AllNamespaces {
		return
	}
	there, err := cleanup.There(ctx, o.client, o.namespace)
	if err != nil {
		return
	}
	if orphans, err := cleanup.Orphans(ctx, o.client, o.namespace, "", there); err == nil {
		plan.Orphans = orphans
	}
}

// unknown says which claims were named and are none to delete.
func (o *Options) unknown(plan *cleanup.Plan) (errs error) {
	for _, name := range o.claims {
		is := func(claim cleanup.Claim) bool { return claim.Name == name }
		if !o.missing && !slices.ContainsFunc(plan.Claims, is) && !slices.ContainsFunc(plan.Kept, is) {
			errs = errors.Join(errs, fmt.Errorf("pvc/%s: there is no claim of that name that run made and whose job is gone; one whose job is there goes with the job", name))
		}
	}
	return errs
}

// where says where was looked.
func (o *Options) where() string {
	if o.namespace == metav1.NamespaceAll {
		return "in any namespace"
	}
	return fmt.Sprintf("in namespace %q", o.namespace)
}
