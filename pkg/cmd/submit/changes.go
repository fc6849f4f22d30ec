package submit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/interrupt"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/watcher"
)

// undoing is how long taking back what was made may take.
const undoing = 10 * time.Second

// changes is what was done before the job exists, and how to take it back.
type changes struct {
	request *Request
	// use is this job, as the claims that are given to it record it.
	use    claim.Use
	claims []string
	steps  []step
}

// step is a change, and how to undo it.
type step struct {
	// object is what this call created, as in pvc/train-results; "" for a claim that existed before.
	object string
	undo   func(context.Context) error
}

// isClaim reports whether the step created a claim.
func (s step) isClaim() bool { return strings.HasPrefix(s.object, "pvc/") }

// results makes the results claim, or takes the one that is there.
func (c *changes) results(ctx context.Context, made *resolved) error {
	r := c.request
	if made.claim == nil {
		return c.keep(ctx, made)
	}
	claims := r.client.CoreV1().PersistentVolumeClaims(r.namespace)
	pvc, err := createOnce(ctx, c, creation[*corev1.PersistentVolumeClaim]{"pvc", claims.Create, claims.Get}, made.claim)
	if apierrors.IsAlreadyExists(err) {
		made.claim = nil
		return c.ofThatName(ctx, c.takeOver(ctx))
	}
	if err != nil {
		return r.notRenewed(err)
	}
	c.claims = append(c.claims, pvc.Name)
	c.did("pvc", pvc.Name, pvc.UID, claims.Delete)
	if r.dryRun == dryRunNone {
		if pvc, err = claim.TakeCreated(ctx, r.client, pvc, c.use); err != nil {
			return err
		}
	}
	pvc.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "PersistentVolumeClaim"}
	made.claim = pvc
	return nil
}

// notRenewed names the flag that needs no new claim, such as where a quota has no room for one.
func (r *Request) notRenewed(err error) error {
	if r.results.renews == "" || !apierrors.IsForbidden(err) {
		return err
	}
	return fmt.Errorf("%w; use --reuse-results to write to claim %q again", err, r.results.renews)
}

// ofThatName says of a claim that cannot be had, because its job is there, that the
// name of the job is taken.
func (c *changes) ofThatName(ctx context.Context, cause error) error {
	if cause == nil {
		return nil
	}
	r := c.request
	if _, err := r.client.BatchV1().Jobs(r.namespace).Get(ctx, r.spec.Name, metav1.GetOptions{}); err != nil {
		return cause
	}
	return fmt.Errorf("%w; in addition, %w", r.refused(apierrors.NewAlreadyExists(batchv1.Resource("jobs"), r.spec.Name)), cause)
}

// takeOver uses the results claim that is there, if nothing on it can be lost.
func (c *changes) takeOver(ctx context.Context) error {
	r := c.request
	claim, err := r.client.CoreV1().PersistentVolumeClaims(r.namespace).Get(ctx, r.spec.Storage.Results, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("reading claim %q: %w", r.spec.Storage.Results, err)
	}
	if err := r.usable(ctx, claim); err != nil {
		return err
	}
	return c.accept(ctx, claim)
}

// keep uses a results claim that was named. One that run did not make is the
// business of whoever did; but a job is not made again over its own results.
func (c *changes) keep(ctx context.Context, made *resolved) error {
	claim := made.found[made.kept]
	if claim == nil || !provenance.MadeResults(claim) {
		return c.request.overItself(made.kept)
	}
	if err := c.request.usable(ctx, claim); err != nil {
		return err
	}
	delete(made.found, made.kept) // takeAll need not
	return c.accept(ctx, claim)
}

// accept takes a results claim that is there, and says so.
func (c *changes) accept(ctx context.Context, pvc *corev1.PersistentVolumeClaim) error {
	if err := c.take(ctx, pvc); err != nil || c.request.dryRun != dryRunNone {
		return err
	}
	size := claim.Size(pvc)
	c.request.factory.Say(fmt.Sprintf("Using existing claim %s (%s)%s", pvc.Name, size.String(), contents(pvc)))
	return nil
}

// contents says what an earlier job left on a claim: the files of the new job come beside them.
func contents(pvc *corev1.PersistentVolumeClaim) string {
	earlier, record := provenance.JobOf(pvc), claim.RecordOfClaim(pvc)
	switch fetch := record.Fetch; {
	case record.Empty():
		return ", which is empty"
	case fetch == nil:
		return fmt.Sprintf(" with the files of job %s, which were not fetched; this job can overwrite them", earlier)
	case fetch.Files == 0:
		return fmt.Sprintf(" with the results of job %s, fetched %s; this job writes to the same claim", earlier, fetch.When.Format(time.RFC3339))
	case fetch.Files == 1:
		return fmt.Sprintf(" with the 1 file of job %s, fetched %s; this job writes to the same claim", earlier, fetch.When.Format(time.RFC3339))
	default:
		return fmt.Sprintf(" with the %s files of job %s, fetched %s; this job writes to the same claim",
			humanize.Comma(int64(fetch.Files)), earlier, fetch.When.Format(time.RFC3339))
	}
}

// takeAll gives this job the claims of other jobs' results that it writes to.
func (c *changes) takeAll(ctx context.Context, made *resolved) error {
	for _, m := range claim.MountsOf(made.job.Spec.Template.Spec) {
		pvc := made.found[m.Claim]
		if m.ReadOnly || pvc == nil || !provenance.MadeResults(pvc) || slices.Contains(c.claims, m.Claim) {
			continue
		}
		if err := c.take(ctx, pvc); err != nil {
			return err
		}
	}
	return nil
}

// take gives claim to this job. Its marks go before the job exists: a crash in
// between then errs on the safe side.
func (c *changes) take(ctx context.Context, pvc *corev1.PersistentVolumeClaim) error {
	if c.request.dryRun != dryRunNone {
		return nil
	}
	taken, err := claim.Take(ctx, c.request.client, pvc, c.use)
	if apierrors.IsConflict(err) {
		return fmt.Errorf("claim %q was modified at the same time, possibly by another run; run the command again", pvc.Name)
	}
	if err != nil {
		return err
	}
	c.claims = append(c.claims, pvc.Name)
	c.steps = append(c.steps, step{undo: func(ctx context.Context) error { return claim.GiveBack(ctx, c.request.client, taken, pvc) }})
	return nil
}

// did remembers how to remove what was made.
func (c *changes) did(kind, name string, uid types.UID, remove func(context.Context, string, metav1.DeleteOptions) error) {
	if c.request.dryRun != dryRunNone {
		return
	}
	object := kind + "/" + name
	c.steps = append(c.steps, step{object: object, undo: func(ctx context.Context) error {
		err := remove(ctx, name, metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(uid))})
		if err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("deleting %s, which run created: %w; to delete it, run \"kubectl delete %s\"", object, interrupt.Explain(ctx, err), object)
		}
		return nil
	}})
}

// undo takes everything back, last things first, also when ctx is done already.
func (c *changes) undo(ctx context.Context, cause error) error {
	ctx, cancel := interrupt.Tidy(ctx, undoing)
	defer cancel()
	errs := []error{cause}
	for _, step := range slices.Backward(c.steps) {
		err := step.undo(ctx)
		for watcher.Passing(err) && watcher.Sleep(ctx, lookEvery) {
			err = step.undo(ctx)
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) == 1 {
		return cause
	}
	return errors.Join(errs...)
}

// notCreated takes back what was done for a job that was not created. Another job of that name can use the claim
// by now: then the claim is kept.
func (c *changes) notCreated(ctx context.Context, cause error) error {
	r := c.request
	if errors.Is(cause, errUnknown) {
		return c.kept(cause)
	}
	if !apierrors.IsAlreadyExists(cause) || r.dryRun != dryRunNone {
		return c.undo(ctx, r.refused(cause))
	}
	look, cancel := interrupt.Tidy(ctx, undoing)
	defer cancel()
	there, err := r.client.BatchV1().Jobs(r.namespace).Get(look, r.spec.Name, metav1.GetOptions{})
	unknown := err != nil && !apierrors.IsNotFound(err)
	if unknown || err == nil && c.usedBy(there) {
		c.steps = slices.DeleteFunc(c.steps, step.isClaim)
	}
	if unknown {
		cause = fmt.Errorf("%w; claim %s is kept, because job %q cannot be read: %w", cause, strings.Join(c.claims, ", "), r.spec.Name, err)
	}
	return c.undo(ctx, r.refused(cause))
}

// kept adds to cause the names of the objects that were created for a job that may exist.
func (c *changes) kept(cause error) error {
	var names []string
	for _, step := range c.steps {
		if step.object != "" {
			names = append(names, step.object)
		}
	}
	if len(names) == 0 {
		return cause
	}
	return fmt.Errorf("%w; kept the objects that run created for the job: %s", cause, strings.Join(names, ", "))
}

func (c *changes) usedBy(there *batchv1.Job) bool {
	return slices.ContainsFunc(claim.MountsOf(there.Spec.Template.Spec), func(m claim.Mounted) bool {
		return slices.Contains(c.claims, m.Claim)
	})
}
