package fetch

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/selector"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// batch is several fetches, one after the other.
type batch struct {
	*Options
	// items are their outcomes, for -o json.
	items []*outcome
	// failures are the names of those that went wrong, with the reason.
	failures []string
}

// fetchSeveral brings the results of the jobs that are selected. What goes wrong
// with one is told, and the others are brought all the same.
func (o *Options) fetchSeveral(ctx context.Context) error {
	if err := o.prepare(ctx); err != nil {
		return err
	}
	jobs, err := o.selected(ctx)
	if err != nil {
		return err
	}
	b := &batch{items: []*outcome{}}
	for _, group := range byNamespace(jobs) {
		b.Options = o.in(group[0].Namespace)
		if err = b.fetch(ctx, group); err != nil {
			break
		}
	}
	printed := o.print(map[string]any{"items": b.items})
	switch {
	case ctx.Err() != nil:
		return errors.Join(ctx.Err(), printed)
	case err != nil || printed != nil:
		return errors.Join(err, printed)
	case len(jobs) == 0:
		return o.none()
	case len(b.failures) > 0:
		return couldNotFetch(b.failures, len(jobs))
	}
	return nil
}

// couldNotFetch names the first of the jobs whose fetch failed. That is not the failure of a job.
func couldNotFetch(failures []string, of int) error {
	const most = 3
	if more := len(failures) - most; more > 0 {
		failures = append(failures[:most:most], fmt.Sprintf("and %d more", more))
		return fmt.Errorf("could not fetch %d of %d jobs: %s", more+most, of, strings.Join(failures, "; "))
	}
	return fmt.Errorf("could not fetch %d of %d jobs: %s", len(failures), of, strings.Join(failures, "; "))
}

// none says that no job was selected: no fault where only new results were asked
// for, and one where a selector was to name some.
func (o *Options) none() error {
	if o.unfetched {
		o.factory.Say("Nothing to fetch " + selector.In(o.namespace) + ": none of your finished jobs has unfetched results")
		return nil
	}
	return &selector.NoJobsError{Namespace: o.namespace}
}

// selected returns the jobs that were asked for, oldest first.
func (o *Options) selected(ctx context.Context) ([]*batchv1.Job, error) {
	selection := o.selection
	if o.unfetched {
		if _, err := o.me.Selector(); err != nil {
			return nil, fmt.Errorf("--unfetched: %w", err)
		}
		selection = selection.Mine()
	}
	jobs, err := selection.Jobs(ctx, o.client, o.namespace, o.factory.ServerClock().Now)
	if err != nil || !o.unfetched {
		return jobs, err
	}
	held, err := o.held(ctx)
	return slices.DeleteFunc(jobs, func(one *batchv1.Job) bool { return job.End(one) == nil || !o.unfetchedBy(one, held) }), err
}

// unfetchedBy reports whether the results of a job are still there, and its owner has not fetched them.
func (o *Options) unfetchedBy(one *batchv1.Job, held map[string]*corev1.PersistentVolumeClaim) bool {
	pvc := held[one.Namespace+"/"+one.Annotations[provenance.ResultsAnnotation]]
	return pvc != nil && !claim.RecordOfJob(one).Done(o.viewer()) && otherUse(pvc, one) == ""
}

func (o *Options) viewer() claim.Viewer { return claim.Viewer{Name: o.me.Name} }

// byNamespace parts jobs by their namespace, in the order of the oldest of each.
func byNamespace(jobs []*batchv1.Job) (groups [][]*batchv1.Job) {
	index := map[string]int{}
	for _, one := range jobs {
		i, ok := index[one.Namespace]
		if !ok {
			i = len(groups)
			index[one.Namespace], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], one)
	}
	return groups
}

// in returns the options for the jobs of one namespace: with -A each has a directory of its own.
func (o *Options) in(namespace string) *Options {
	in := *o
	if in.namespace = namespace; !o.selection.Everywhere {
		return &in
	}
	in.dir = filepath.Join(o.dir, namespace)
	if o.engine.To.Bucket != "" {
		in.engine.To = o.engine.To.At(namespace)
	}
	return &in
}

// held returns the claims that hold something that was not fetched, by their namespaces and names.
func (o *Options) held(ctx context.Context) (map[string]*corev1.PersistentVolumeClaim, error) {
	list, err := o.client.CoreV1().PersistentVolumeClaims(o.namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("listing claims: %w", err)
	}
	held := map[string]*corev1.PersistentVolumeClaim{}
	for i := range list.Items {
		if pvc := &list.Items[i]; !claim.RecordOfClaim(pvc).Done(o.viewer()) {
			held[pvc.Namespace+"/"+pvc.Name] = pvc
		}
	}
	return held, nil
}

// fetch brings the results of jobs; those that share a claim come one after the
// other, so that one helper serves them. Its error ends all.
func (b *batch) fetch(ctx context.Context, jobs []*batchv1.Job) error {
	var order []string
	byClaim := map[string][]*found{}
	for _, one := range jobs {
		from, err := b.findOf(ctx, one)
		if err != nil {
			b.fail(one.Name, b.failed(one.Name, filepath.Join(b.dir, one.Name), err), err)
			continue
		}
		if _, ok := byClaim[from.claim.Name]; !ok {
			order = append(order, from.claim.Name)
		}
		byClaim[from.claim.Name] = append(byClaim[from.claim.Name], from)
		if b.store != nil {
			b.kinds = append(b.kinds, b.viaKind(from, false), b.viaKind(from, true)) // what was packed of it is not swept away before its turn
		}
	}
	helpers := &helpers{options: b.Options}
	defer helpers.tidy(ctx)
	defer helpers.close(ctx)
	for _, claim := range order {
		for _, from := range byClaim[claim] {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err := b.one(ctx, from, helpers); err != nil {
				return err
			}
		}
	}
	return nil
}

// one brings the results of one job. Its error is that of the answer, which ends
// all; a failure of the job is told.
func (b *batch) one(ctx context.Context, from *found, helpers *helpers) error {
	out, err := b.fetchOne(ctx, from, helpers)
	if out == nil && err != nil {
		out = b.failed(from.name, filepath.Join(b.dir, from.name), err)
	}
	told := b.tell(out)
	if err != nil {
		b.fail(from.name, out, err)
	} else {
		b.items = append(b.items, out)
	}
	return told
}

// fail tells what went wrong with one job. What was stopped did not go wrong.
func (b *batch) fail(name string, out *outcome, err error) {
	prefix := fmt.Sprintf("job %q: ", name)
	name = b.shown(name)
	b.items, b.failures = append(b.items, out), append(b.failures, name+": "+strings.TrimPrefix(printable.Error(err), prefix))
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return
	}
	b.factory.Say(fmt.Sprintf("error: %s: %s", name, strings.TrimPrefix(printable.Error(err), prefix)))
}

// helpers keeps the place where a volume is read, for the jobs that share it.
// It has one at a time.
type helpers struct {
	options *Options
	key     string
	place   *place
	// tidyings are what is left to be done when the results are said.
	tidyings []tidying
}

// at returns the place to read from in.
func (h *helpers) at(ctx context.Context, options *Options, from *found) *place {
	key := strings.Join([]string{from.claim.Name, from.SubPath, from.identity().Text(), options.image}, "\x00")
	if h.place != nil && h.key == key {
		h.place.take(options, from)
		return h.place
	}
	h.close(ctx)
	h.key, h.place = key, options.newPlace(from)
	return h.place
}

// close removes the helper.
func (h *helpers) close(ctx context.Context) {
	if h.place == nil {
		return
	}
	if err := h.place.close(ctx); err != nil {
		h.options.factory.Say("Note: " + printable.Error(err))
	}
	h.place = nil
}

// template is the pod that wrote the files, empty where that is not known.
func (f *found) template() corev1.PodSpec {
	if f.job == nil {
		return corev1.PodSpec{}
	}
	return f.job.Spec.Template.Spec
}

// identity is the user that the files were written with.
func (f *found) identity() helper.Identity {
	return helper.IdentityOf(f.template(), f.Container, f.pods, provenance.Mark(f.claim, provenance.UserAnnotation))
}

// image is that of the container which wrote the files, "" where it is not known.
func (f *found) image() string {
	for _, container := range slices.Concat(f.template().Containers, f.template().InitContainers) {
		if container.Name == f.Container {
			return container.Image
		}
	}
	return ""
}
