package purge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/selector"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/plural"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/purge"
)

// plan finds the objects to delete. refused names the requested objects that are kept; the
// rest is deleted.
func (o *Options) plan(ctx context.Context) (plan *purge.Plan, refused, err error) {
	if err := o.chosen.CheckExcept(ctx, o.client, o.namespace); err != nil {
		return nil, nil, err
	}
	selected, err := o.chosen.Options(ctx, o.client)
	if err != nil {
		return nil, nil, err
	}
	if err := o.identify(ctx); err != nil {
		return nil, nil, err
	}
	chosen, refused, err := o.choose(ctx, selected)
	if err != nil {
		return nil, refused, err
	}
	plan, err = purge.Make(ctx, o.client, o.namespace, chosen, purge.Volumes{
		Delete: o.volumes, Discard: o.discard, Viewer: o.selection.Viewer, Orphans: o.orphans(selected.LabelSelector),
	})
	if err != nil {
		return nil, refused, err
	}
	busy, err := o.busy(ctx, plan)
	return plan, errors.Join(refused, o.held(plan), busy, o.refuseClaims(plan)), err
}

// identify finds out who the user is: the fetches of other users do not count.
func (o *Options) identify(ctx context.Context) error {
	me, err := provenance.Whoami(ctx, o.client)
	o.selection.Viewer.Name = me.Name
	return err
}

func (o *Options) named() bool { return len(o.refs)+len(o.claims) > 0 }

func (o *Options) choose(ctx context.Context, selected metav1.ListOptions) (chosen []purge.Job, refused, err error) {
	if o.named() {
		chosen, refused = o.byName(ctx)
		return chosen, refused, ctx.Err()
	}
	jobs, err := purge.Finished(ctx, o.client, o.namespace, selected, o.keepBy)
	if err != nil {
		return nil, nil, err
	}
	jobs = o.skipDeleted(jobs)
	selection := o.selection
	if len(selection.States) == 0 {
		selection.States = []job.State{job.Complete}
	}
	chosen, skipped := selection.Of(jobs, o.factory.ServerClock().Now())
	if len(skipped) > 0 {
		o.factory.Say(ofOthers(skipped))
	}
	o.explainSkipped(jobs)
	return chosen, nil, nil
}

// explainSkipped reports the jobs that --fetched does not select because only other users fetched their results.
func (o *Options) explainSkipped(jobs []purge.Job) {
	if !o.selection.Fetched {
		return
	}
	skipped := slices.DeleteFunc(slices.Clone(jobs), func(job purge.Job) bool { return job.Record.ForeignFetchReason(o.selection.Viewer) == "" })
	for _, job := range skipped[:min(len(skipped), namedAtMost)] {
		o.factory.Say(fmt.Sprintf("Skipped job %s: %s", job.Shown(o.namespace), job.Record.ForeignFetchReason(o.selection.Viewer)))
	}
	if omitted := len(skipped) - namedAtMost; omitted > 0 {
		o.factory.Say(fmt.Sprintf("Skipped %s that only other users fetched", plural.Count(omitted, "more job")))
	}
}

// skipDeleted removes the jobs that are being deleted already. With --wait it keeps them, because the command also waits
// for them.
func (o *Options) skipDeleted(jobs []purge.Job) []purge.Job {
	if o.wait {
		return jobs
	}
	return slices.DeleteFunc(jobs, func(job purge.Job) bool { return job.Going })
}

func ofOthers(skipped purge.Left) string {
	n := 0
	for _, number := range skipped {
		n += number
	}
	keepers := slices.Sorted(maps.Keys(skipped))
	const maxKeepers = 3
	if omitted := len(keepers) - maxKeepers; omitted > 0 {
		keepers = append(keepers[:maxKeepers], fmt.Sprintf("and %d more", omitted))
	}
	return fmt.Sprintf("Skipped %s managed by %s; to delete %[3]s, name %[3]s or use --owned", plural.Count(n, "job"), strings.Join(keepers, ", "), plural.Choose(n, "it", "them"))
}

// byName returns the jobs that are named on the command line.
func (o *Options) byName(ctx context.Context) (chosen []purge.Job, errs error) {
	jobs, errs := job.GetAll(ctx, o.client, o.namespace, o.refs)
	if o.missing {
		errs = job.WithoutMissing(errs)
	}
	for _, candidate := range jobs {
		if job.End(candidate) == nil {
			errs = errors.Join(errs, fmt.Errorf("cannot delete job %q: it is not finished (%s)", candidate.Name, job.StateOf(candidate)))
			continue
		}
		selection := o.selection
		selection.Owned = true
		named := purge.Reduce(candidate, "")
		took, _ := selection.Of([]purge.Job{named}, o.factory.ServerClock().Now())
		if len(took) == 0 {
			errs = errors.Join(errs, fmt.Errorf("cannot delete job %q: %s", candidate.Name, o.exclusionReason(named)))
		}
		chosen = append(chosen, took...)
	}
	return chosen, errs
}

// exclusionReason returns why a flag excludes a named job.
func (o *Options) exclusionReason(job purge.Job) string {
	if foreign := job.Record.ForeignFetchReason(o.selection.Viewer); foreign != "" {
		return foreign
	}
	return "--fetched is set, and the results were not fetched"
}

// busy removes from plan the jobs whose results a user is fetching. That is an error only if the job was named.
func (o *Options) busy(ctx context.Context, plan *purge.Plan) (refused, err error) {
	pods, err := o.readers(ctx, plan)
	if err != nil {
		return nil, err
	}
	for _, pod := range pods {
		name := pod.Labels[provenance.JobLabel]
		if !plan.Exclude(pod.Namespace, name) {
			continue
		}
		shown := purge.Object{Namespace: pod.Namespace, Name: name}.Shown(o.namespace)
		cause := cmp.Or(pod.Annotations[provenance.Annotation], "a user") + " is fetching its results"
		if o.named() {
			refused = errors.Join(refused, fmt.Errorf("cannot delete job %q: %s", shown, cause))
			continue
		}
		o.factory.Say(fmt.Sprintf("Skipped job %q: %s", shown, cause))
	}
	return refused, nil
}

// mostLooks is how many helper pods are queried at the same time.
const mostLooks = 10

// readers returns the helper pods of the jobs in plan that a client uses. A pod that cannot be queried counts as used.
func (o *Options) readers(ctx context.Context, plan *purge.Plan) ([]corev1.Pod, error) {
	serverTime := o.factory.ServerClock().Now()
	pods, err := helper.Live(ctx, o.client, o.namespace, serverTime)
	if err != nil {
		return nil, err
	}
	pods = slices.DeleteFunc(pods, func(pod corev1.Pod) bool { return !plan.Has(pod.Namespace, pod.Labels[provenance.JobLabel]) })
	if len(pods) == 0 {
		return nil, nil
	}
	exec, err := o.factory.Client.Executor()
	if err != nil {
		return nil, err
	}
	read := make([]bool, len(pods))
	var group errgroup.Group
	group.SetLimit(mostLooks)
	for i := range pods {
		group.Go(func() error {
			read[i] = helper.InUse(ctx, exec, &pods[i], serverTime)
			return nil
		})
	}
	_ = group.Wait() // no look fails
	var readers []corev1.Pod
	for i := range pods {
		if read[i] {
			readers = append(readers, pods[i])
		}
	}
	return readers, nil
}

// orphans selects the claims to delete whose job no longer exists. The end of these jobs is not
// known, so filters by age or state exclude the claims, except claims whose results were fetched.
func (o *Options) orphans(selector string) func(purge.Claim) bool {
	if len(o.claims) > 0 {
		return func(claim purge.Claim) bool { return slices.Contains(o.claims, claim.Name) }
	}
	s := o.selection
	if o.named() || o.chosen.ByState() || s.Keep > 0 {
		return nil
	}
	matching, err := labels.Parse(selector)
	if err != nil {
		return nil // it was parsed before
	}
	return func(claim purge.Claim) bool {
		fetch := claim.Record.Fetch
		switch {
		case !matching.Matches(claim.Labels), slices.Contains(s.Except, claim.Job), s.Fetched && !claim.Record.Done(s.Viewer):
			return false
		case s.OlderThan > 0 || s.NewerThan > 0:
			return fetch != nil && s.SelectsAge(o.factory.ServerClock().Since(fetch.When))
		}
		return true
	}
}

// orphansToo adds the results whose job no longer exists to the preview, if they are kept. Errors are ignored:
// a user who may not list claims sees none.
func (o *Options) orphansToo(ctx context.Context, plan *purge.Plan) {
	if o.volumes || o.named() || o.chosen.Filtered {
		return
	}
	exists, err := purge.ExistingJobs(ctx, o.client, o.namespace)
	if err != nil {
		return
	}
	claims, err := purge.ResultsClaims(ctx, o.client, o.namespace)
	if err != nil {
		return
	}
	plan.Orphans = slices.DeleteFunc(claims, func(claim purge.Claim) bool { return exists(claim.Namespace, claim.Job) })
}

// refuseClaims returns an error for each claim that was named and will not be deleted.
func (o *Options) refuseClaims(plan *purge.Plan) (errs error) {
	for _, name := range o.claims {
		is := func(claim purge.Claim) bool { return claim.Name == name }
		index := slices.IndexFunc(plan.Kept, is)
		switch {
		case index >= 0:
			claim := plan.Kept[index]
			errs = errors.Join(errs, fmt.Errorf("cannot delete claim %q: %s", claim.Shown(o.namespace), purge.Advice(claim, o.fetchCommand())))
			o.answer.reportKept(claim.Object, keptResult, claim.Why)
			plan.Kept = slices.Delete(plan.Kept, index, index+1)
		case !o.missing && !slices.ContainsFunc(plan.Claims, is):
			errs = errors.Join(errs, fmt.Errorf("cannot delete pvc/%s: run did not create a claim with this name, or its job still exists; to delete a claim together with its job, name the job", name))
		}
	}
	return errs
}

// scope describes where jobs were searched.
func (o *Options) scope() string {
	return selector.In(o.namespace)
}
