package submit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
	"github.com/kubectl-batch/kubectl-batch/pkg/volume"
)

// undoing is how long taking back what was made may take.
const undoing = 10 * time.Second

// changes is what was done before the job exists, and how to take it back.
type changes struct {
	request *Request
	// use is a text of its own for this job, on it and on the claims given to it.
	use    string
	claims []string
	steps  []step
}

// step is how to take one thing back.
type step struct {
	undo func(context.Context) error
	// claim says that it is the results claim, which this call has made.
	claim bool
}

// results makes the results claim, or takes the one that is there.
func (c *changes) results(ctx context.Context, made *resolved) error {
	r := c.request
	if made.claim == nil {
		return c.keep(ctx, made)
	}
	if r.dryRun == dryRunNone {
		metav1.SetMetaDataAnnotation(&made.claim.ObjectMeta, owner.UseAnnotation, c.use)
	}
	claims := r.client.CoreV1().PersistentVolumeClaims(r.namespace)
	claim, err := claims.Create(ctx, made.claim, r.createOptions())
	if apierrors.IsAlreadyExists(err) {
		made.claim = nil
		return c.ofThatName(ctx, c.takeOver(ctx))
	}
	if err != nil {
		return err
	}
	claim.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "PersistentVolumeClaim"}
	made.claim = claim
	c.claims = append(c.claims, claim.Name)
	c.did("pvc", claim.Name, claim.UID, claims.Delete)
	return nil
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
	return fmt.Errorf("%w (and %w)", r.refused(apierrors.NewAlreadyExists(batchv1.Resource("jobs"), r.spec.Name)), cause)
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
	if claim == nil || !owner.MadeResults(claim) {
		return c.request.overItself(made.kept)
	}
	if err := c.request.usable(ctx, claim); err != nil {
		return err
	}
	delete(made.found, made.kept) // takeAll need not
	return c.accept(ctx, claim)
}

// accept takes a results claim that is there, and says so.
func (c *changes) accept(ctx context.Context, claim *corev1.PersistentVolumeClaim) error {
	if err := c.take(ctx, claim); err != nil || c.request.dryRun != dryRunNone {
		return err
	}
	size := volume.Size(claim)
	c.request.factory.Say(fmt.Sprintf("Using claim %s (%s), which is there already", claim.Name, size.String()))
	return nil
}

// takeAll gives this job the claims of other jobs' results that it writes to.
func (c *changes) takeAll(ctx context.Context, made *resolved) error {
	for _, m := range volume.MountsOf(made.job.Spec.Template.Spec) {
		claim := made.found[m.Claim]
		if m.ReadOnly || claim == nil || !owner.MadeResults(claim) || slices.Contains(c.claims, m.Claim) {
			continue
		}
		if err := c.take(ctx, claim); err != nil {
			return err
		}
	}
	return nil
}

// take gives claim to this job. Its marks go before the job exists: a crash in
// between then errs on the safe side.
func (c *changes) take(ctx context.Context, claim *corev1.PersistentVolumeClaim) error {
	if c.request.dryRun != dryRunNone {
		return nil
	}
	taken, err := volume.Take(ctx, c.request.client, claim, c.use)
	if apierrors.IsConflict(err) {
		return fmt.Errorf("claim %q was changed meanwhile, perhaps by another run: try again", claim.Name)
	}
	if err != nil {
		return err
	}
	c.claims = append(c.claims, claim.Name)
	c.steps = append(c.steps, step{undo: func(ctx context.Context) error { return volume.GiveBack(ctx, c.request.client, taken, claim) }})
	return nil
}

// did remembers how to remove what was made.
func (c *changes) did(kind, name string, uid types.UID, remove func(context.Context, string, metav1.DeleteOptions) error) {
	if c.request.dryRun != dryRunNone {
		return
	}
	c.steps = append(c.steps, step{claim: kind == "pvc", undo: func(ctx context.Context) error {
		err := remove(ctx, name, metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(uid))})
		if err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("removing %s %q again (kubectl delete %s %s does it): %w", kind, name, kind, name, err)
		}
		return nil
	}})
}

// undo takes everything back, last things first, also when ctx is done already.
func (c *changes) undo(ctx context.Context, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoing)
	defer cancel()
	errs := []error{cause}
	for _, step := range slices.Backward(c.steps) {
		if err := step.undo(ctx); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) == 1 {
		return cause
	}
	return errors.Join(errs...)
}

// notCreated looks what became of the job before anything is taken back: an
// answer can be lost on its way, and another job can have come to use the claim.
func (c *changes) notCreated(ctx context.Context, cause error) error {
	r := c.request
	if apierrors.IsForbidden(cause) || apierrors.IsInvalid(cause) || apierrors.IsBadRequest(cause) || r.dryRun != dryRunNone {
		return c.undo(ctx, r.refused(cause))
	}
	look, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoing)
	defer cancel()
	there, err := r.client.BatchV1().Jobs(r.namespace).Get(look, r.spec.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return c.undo(ctx, cause)
	case err != nil:
		return fmt.Errorf("%w; whether job %q was created is not known, so what was made for it stays", cause, r.spec.Name)
	case there.Annotations[owner.UseAnnotation] == c.use:
		return fmt.Errorf("%w; but job %q was created, and goes on: %s", cause, r.spec.Name, r.factory.Line("wait", r.spec.Name))
	case c.usedBy(there):
		c.steps = slices.DeleteFunc(c.steps, func(s step) bool { return s.claim }) // it is that one's by now
	}
	return c.undo(ctx, r.refused(cause))
}

func (c *changes) usedBy(there *batchv1.Job) bool {
	return slices.ContainsFunc(volume.MountsOf(there.Spec.Template.Spec), func(m volume.Mounted) bool {
		return slices.Contains(c.claims, m.Claim)
	})
}
