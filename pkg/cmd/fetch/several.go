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

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
	"github.com/kubectl-batch/kubectl-batch/pkg/volume"
)

// batch is several fetches, one after the other.
type batch struct {
	*Options
	// items are their outcomes, for -o json.
	items []*outcome
	// failures are the names of those that went wrong.
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
	b := &batch{Options: o, items: []*outcome{}}
	err = b.fetch(ctx, jobs)
	printed := o.print(map[string]any{"items": b.items})
	switch {
	case ctx.Err() != nil:
		return errors.Join(ctx.Err(), printed)
	case err != nil || printed != nil:
		return errors.Join(err, printed)
	case len(jobs) == 0:
		return o.none()
	case len(b.failures) > 0:
		return fmt.Errorf("%d of %d jobs failed: %s", len(b.failures), len(jobs), strings.Join(b.failures, ", "))
	}
	return nil
}

// none says that no job was selected: no fault where only new results were asked
// for, and one where a selector was to name some.
func (o *Options) none() error {
	if o.unfetched {
		o.factory.Say(fmt.Sprintf("Nothing to fetch in namespace %q: no finished job of yours has results that were not fetched", o.namespace))
		return nil
	}
	o.factory.Say(fmt.Sprintf("No jobs found in namespace %q with -l %s", o.namespace, o.selector))
	return exit.Silently(exit.Failed)
}

// selected returns the jobs that were asked for, oldest first.
func (o *Options) selected(ctx context.Context) ([]*batchv1.Job, error) {
	selector, held := o.selector, map[string]bool{}
	if o.unfetched {
		mine, err := o.me.Selector()
		if err != nil {
			return nil, fmt.Errorf("--unfetched: %w", err)
		}
		selector = strings.Trim(mine+","+o.selector, ",")
		if held, err = o.held(ctx); err != nil {
			return nil, err
		}
	}
	var jobs []*batchv1.Job
	err := job.Each(ctx, o.client, o.namespace, metav1.ListOptions{LabelSelector: selector}, func(one *batchv1.Job) error {
		if !o.unfetched || job.End(one) != nil && !volume.Fetched(one) && held[one.Annotations[owner.ResultsAnnotation]] {
			jobs = append(jobs, one)
		}
		return nil
	})
	slices.SortStableFunc(jobs, func(a, b *batchv1.Job) int { return a.CreationTimestamp.Compare(b.CreationTimestamp.Time) })
	return jobs, err
}

// held returns the names of the claims that hold something that was not fetched.
func (o *Options) held(ctx context.Context) (map[string]bool, error) {
	list, err := o.client.CoreV1().PersistentVolumeClaims(o.namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("listing claims: %w", err)
	}
	held := map[string]bool{}
	for i := range list.Items {
		claim := &list.Items[i]
		held[claim.Name] = !volume.Unused(claim) && !volume.Fetched(claim)
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
			b.failed(one.Name, failed(one.Name, filepath.Join(b.dir, one.Name), err), err)
			continue
		}
		if _, ok := byClaim[from.claim.Name]; !ok {
			order = append(order, from.claim.Name)
		}
		byClaim[from.claim.Name] = append(byClaim[from.claim.Name], from)
		if b.store != nil {
			b.kinds = append(b.kinds, b.viaKind(from)) // what was packed of it is not swept away before its turn
		}
	}
	helpers := &helpers{options: b.Options}
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
		out = failed(from.name, filepath.Join(b.dir, from.name), err)
	}
	told := b.tell(out)
	if err != nil {
		b.failed(from.name, out, err)
	} else {
		b.items = append(b.items, out)
	}
	return told
}

// failed tells what went wrong with one job. What was stopped did not go wrong.
func (b *batch) failed(name string, out *outcome, err error) {
	b.items, b.failures = append(b.items, out), append(b.failures, name)
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return
	}
	b.factory.Say(fmt.Sprintf("error: %s: %s", name, strings.TrimPrefix(err.Error(), fmt.Sprintf("job %q: ", name))))
}

// helpers keeps the place where a volume is read, for the jobs that share it.
// It has one at a time.
type helpers struct {
	options *Options
	key     string
	place   *place
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
		h.options.factory.Say("Note: " + err.Error())
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
	return helper.IdentityOf(f.template(), f.Container, f.pods, f.claim.Annotations[owner.UserAnnotation])
}

// image is that of the container which wrote the files, "" where it is not known.
func (f *found) image() string {
	for _, container := range f.template().Containers {
		if container.Name == f.Container {
			return container.Image
		}
	}
	return ""
}
