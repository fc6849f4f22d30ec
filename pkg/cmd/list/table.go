package list

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	utilduration "k8s.io/apimachinery/pkg/util/duration"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/selector"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/plural"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/purge"
	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
	"github.com/kubectl-batch/kubectl-batch/pkg/ui"
)

// shownAtOnce is how many rows are gathered, to be in the order of their age, before
// rows are shown as they come.
const shownAtOnce = 500

// table prints the jobs, and below them the results whose job no longer exists.
func (o *Options) table(ctx context.Context, selected metav1.ListOptions) error {
	claims, viewer := o.claims(ctx), &viewer{options: o, ctx: ctx}
	out := ui.NewTable(o.factory.Streams.Out, o.columns(claims, viewer), o.wide)
	waiting, existing := &waiting{}, map[[2]string]bool{}
	var gathered []*batchv1.Job
	err := o.eachJob(ctx, selected, func(object *batchv1.Job) error {
		waiting.see(object)
		existing[[2]string{object.Namespace, object.Name}] = true
		if gathered = append(gathered, object); len(gathered) < shownAtOnce {
			return nil
		}
		rows := o.rows(ctx, gathered)
		gathered = nil
		return out.Add(rows)
	})
	if len(existing) < shownAtOnce && len(o.refs) == 0 {
		sortByAge(gathered)
		sortByAge(waiting.jobs)
	}
	rows := o.rows(ctx, gathered)
	if err == nil { // else the jobs that are there are not known
		rows = append(rows, o.orphans(ctx, claims, selected.LabelSelector, existing)...)
	}
	if err = errors.Join(out.Add(rows), err); err == nil && len(existing)+len(rows) == 0 {
		if err := selector.CheckNamespace(ctx, o.client, o.namespace); err != nil {
			return err
		}
		o.factory.Say(o.none())
	}
	o.explain(ctx, waiting)
	viewer.explain()
	return err
}

// orphans returns the results whose job no longer exists. With a selector, not all existing jobs are known.
func (o *Options) orphans(ctx context.Context, claims []purge.Claim, selector string, existing map[[2]string]bool) (rows []row) {
	matching, err := labels.Parse(selector)
	if len(o.refs) > 0 || o.selection.ByJob() || err != nil {
		return nil
	}
	for _, claim := range claims {
		exists := existing[[2]string{claim.Namespace, claim.Job}] || slices.Contains(o.selection.Except, claim.Job)
		if exists || !matching.Matches(claim.Labels) || o.selection.Filtered && o.jobExists(ctx, claim) {
			continue
		}
		rows = append(rows, row{claim: &claim})
	}
	return rows
}

// jobExists reports whether the job of a claim exists, although it was not selected.
func (o *Options) jobExists(ctx context.Context, claim purge.Claim) bool {
	_, err := o.client.BatchV1().Jobs(claim.Namespace).Get(ctx, claim.Job, metav1.GetOptions{})
	return !apierrors.IsNotFound(err)
}

// row is a job, or a claim whose job no longer exists.
type row struct {
	job   *batchv1.Job
	state job.State
	claim *purge.Claim
}

func (o *Options) columns(claims []purge.Claim, viewer *viewer) []ui.Column[row] {
	serverTime := o.factory.ServerClock().Now()
	column := func(name string, ofJob func(*batchv1.Job) string, ofClaim func(*purge.Claim) string) ui.Column[row] {
		return ui.Column[row]{Name: name, Cell: func(r row) string {
			if r.claim != nil {
				return ofClaim(r.claim)
			}
			return ofJob(r.job)
		}}
	}
	wide := func(c ui.Column[row]) ui.Column[row] {
		c.Wide = true
		return c
	}
	age := func(since time.Time) string { return utilduration.HumanDuration(serverTime.Sub(since)) }
	none := func(*purge.Claim) string { return ui.None }
	columns := []ui.Column[row]{
		column("Name", func(j *batchv1.Job) string { return j.Name }, func(c *purge.Claim) string { return "pvc/" + c.Name }),
		{Name: "State", Cell: func(r row) string {
			if r.claim != nil {
				return "Gone"
			}
			return string(r.state)
		}},
		column("Duration", func(j *batchv1.Job) string { return utilduration.HumanDuration(job.Duration(j, serverTime)) }, none),
		column("Results", results, func(c *purge.Claim) string { return c.Name }),
		column("Fetched", fetched(claims, viewer), viewer.ofClaim),
		wide(column("Owner", func(j *batchv1.Job) string { return ui.OrNone(provenance.OfJob(j)) }, func(c *purge.Claim) string { return ui.OrNone(c.Record.Owner) })),
		wide(column("Images", images, none)),
		column("Age", func(j *batchv1.Job) string { return age(j.CreationTimestamp.Time) }, func(c *purge.Claim) string { return age(c.Created) }),
	}
	if o.namespace == metav1.NamespaceAll {
		namespace := column("Namespace", func(j *batchv1.Job) string { return j.Namespace }, func(c *purge.Claim) string { return c.Namespace })
		columns = append([]ui.Column[row]{namespace}, columns...)
	}
	return columns
}

// results names the claims that the job writes to.
func results(j *batchv1.Job) string { return ui.OrNone(strings.Join(claim.Written(j), ",")) }

func images(j *batchv1.Job) string {
	var names []string
	for _, container := range j.Spec.Template.Spec.Containers {
		names = append(names, container.Image)
	}
	return strings.Join(names, ",")
}

// explainLimit is how many jobs are explained: in a full namespace all wait for the same.
const explainLimit = 10

// waiting holds the first jobs that do not run, and the number of all of them.
type waiting struct {
	jobs  []*batchv1.Job
	count int
}

func (w *waiting) see(object *batchv1.Job) {
	switch job.StateOf(object) {
	case job.Pending, job.Suspended, job.Queued, job.Retrying, job.Stopping:
	default:
		return
	}
	if w.count++; w.count <= explainLimit {
		w.jobs = append(w.jobs, object)
	}
}

// explain prints, on stderr, why jobs do not run. It lists the pods and events
// of each namespace once. Errors are ignored: without the right to list them, nothing is explained.
func (o *Options) explain(ctx context.Context, waiting *waiting) {
	warnings := map[string][]*corev1.Event{}
	for _, object := range waiting.jobs {
		if _, ok := warnings[object.Namespace]; !ok {
			warnings[object.Namespace] = o.warnings(ctx, object.Namespace)
		}
		pods, err := job.Pods(ctx, o.client, object)
		if err != nil {
			return
		}
		if cause := reason.OfJob(object, pods, warnings[object.Namespace], o.factory.ServerClock().Now()); cause.Known() {
			o.factory.Say(cause.Sentence(o.selection.Named(object)))
		}
	}
	if omitted := waiting.count - len(waiting.jobs); omitted > 0 {
		o.factory.Say(fmt.Sprintf("... and %s not running", plural.Count(omitted, "more job")+plural.Choose(omitted, " is", " are")))
	}
}

// warnings returns the warning events; none without the right to read events.
func (o *Options) warnings(ctx context.Context, namespace string) []*corev1.Event {
	list, err := o.client.CoreV1().Events(namespace).List(ctx, metav1.ListOptions{FieldSelector: "type=Warning"})
	if err != nil {
		return nil
	}
	events := make([]*corev1.Event, len(list.Items))
	for i := range list.Items {
		events[i] = &list.Items[i]
	}
	return events
}
