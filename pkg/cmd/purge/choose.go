package purge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilduration "k8s.io/apimachinery/pkg/util/duration"

	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
	"github.com/kubectl-batch/kubectl-batch/pkg/screen"
	"github.com/kubectl-batch/kubectl-batch/pkg/volume"
)

// candidate is a job that may be deleted, reduced to what is needed: a
// namespace can hold tens of thousands.
type candidate struct {
	name, namespace string
	uid             string
	state           job.State
	finished        time.Time
	results         string
	fetched         bool
	owner           string
}

func candidateOf(one *batchv1.Job) candidate {
	finished, _ := job.Finished(one)
	return candidate{
		name: one.Name, namespace: one.Namespace, uid: string(one.UID), state: job.StateOf(one), finished: finished,
		results: one.Annotations[owner.ResultsAnnotation], fetched: volume.Fetched(one), owner: one.Annotations[owner.Annotation],
	}
}

// choose returns the jobs to delete. What was asked for and must not be
// deleted is in the error; the others go on.
func (o *Options) choose(ctx context.Context) ([]candidate, error) {
	chosen, refused := o.pick(ctx)
	free, busy := o.free(ctx, chosen)
	return free, errors.Join(refused, busy)
}

// free leaves out the jobs whose results someone is fetching.
func (o *Options) free(ctx context.Context, chosen []candidate) (free []candidate, errs error) {
	live, err := helper.Live(ctx, o.client, o.namespace, o.factory.Clock.Now())
	if err != nil {
		return nil, err
	}
	fetching := map[string]string{}
	for _, pod := range live {
		fetching[pod.Labels[owner.JobLabel]] = pod.Annotations[owner.Annotation]
	}
	for _, one := range chosen {
		if who, ok := fetching[one.name]; ok {
			errs = errors.Join(errs, o.busy(one, who))
			continue
		}
		free = append(free, one)
	}
	return free, errs
}

// busy says that someone fetches the results of a job; that is an error only
// where the job was asked for by name.
func (o *Options) busy(one candidate, who string) error {
	if who == "" {
		who = "someone"
	}
	text := fmt.Sprintf("job %q is left: %s is fetching its results", one.name, who)
	if len(o.refs) > 0 {
		return errors.New(text)
	}
	o.factory.Say(text)
	return nil
}

func (o *Options) pick(ctx context.Context) ([]candidate, error) {
	if len(o.refs) > 0 {
		return o.named(ctx)
	}
	return o.completed(ctx)
}

// named returns the jobs that were asked for by name.
func (o *Options) named(ctx context.Context) (chosen []candidate, errs error) {
	seen := map[string]bool{}
	for _, ref := range o.refs {
		one, err := job.Get(ctx, o.client, o.namespace, ref)
		switch {
		case err != nil:
			errs = errors.Join(errs, err)
		case job.End(one) == nil:
			errs = errors.Join(errs, fmt.Errorf("job %q is left: it is not finished (%s)", one.Name, job.StateOf(one)))
		case !o.old(one):
			o.factory.Say(fmt.Sprintf("job %q is left: it finished more recently than --older-than says", one.Name))
		case !seen[one.Name]:
			seen[one.Name] = true
			chosen = append(chosen, candidateOf(one))
		}
	}
	return chosen, errs
}

// completed returns the jobs of the namespace that completed and that no
// controller keeps.
func (o *Options) completed(ctx context.Context) (chosen []candidate, err error) {
	owned := 0
	err = job.Each(ctx, o.client, o.namespace, metav1.ListOptions{}, func(one *batchv1.Job) error {
		switch {
		case job.StateOf(one) != job.Complete || !o.old(one):
		case metav1.GetControllerOf(one) != nil:
			owned++
		default:
			chosen = append(chosen, candidateOf(one))
		}
		return nil
	})
	if owned > 0 {
		o.factory.Say(fmt.Sprintf("Left %s that a controller keeps, such as a CronJob (a name deletes it all the same)", count(owned)))
	}
	return chosen, err
}

func (o *Options) old(one *batchv1.Job) bool {
	finished, ok := job.Finished(one)
	return ok && o.factory.Clock.Since(finished) >= o.olderThan
}

// preview shows what would be deleted.
func (o *Options) preview(out io.Writer, chosen []candidate) error {
	now := o.factory.Clock.Now()
	err := screen.Table(out, []screen.Column[candidate]{
		{Name: "Job", Cell: func(c candidate) string { return c.name }},
		{Name: "State", Cell: func(c candidate) string { return string(c.state) }},
		{Name: "Results stay on", Cell: func(c candidate) string { return screen.OrNone(c.results) }},
		{Name: "Fetched", Cell: fetched},
		{Name: "Owner", Cell: func(c candidate) string { return screen.OrNone(c.owner) }},
		{Name: "Finished", Cell: func(c candidate) string { return utilduration.HumanDuration(now.Sub(c.finished)) + " ago" }},
	}, chosen, false)
	if err == nil && o.dryRun == "client" {
		_, err = fmt.Fprintf(out, "%s would be deleted, with their pods (dry run)\n", count(len(chosen)))
	}
	return err
}

func fetched(c candidate) string {
	switch {
	case c.fetched:
		return "yes"
	case c.results == "":
		return screen.None
	}
	return "no"
}
