package run

import (
	"context"
	"errors"
	"fmt"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
	"github.com/kubectl-batch/kubectl-batch/pkg/volume"
)

// changes is what was done before the job exists, and how to take it back.
type changes struct {
	options *Options
	// use is a text of its own for this job, on it and on the claims given to it.
	use    string
	claims []string
	steps  []func(context.Context) error
}

// results makes the results claim, or takes the one that is there (then it
// returns nil, as where none was asked for).
func (c *changes) results(ctx context.Context) (*corev1.PersistentVolumeClaim, error) {
	o := c.options
	if o.size == nil {
		return nil, nil
	}
	wanted := o.newClaim()
	if o.dryRun == dryRunNone {
		metav1.SetMetaDataAnnotation(&wanted.ObjectMeta, owner.UseAnnotation, c.use)
	}
	claims := o.client.CoreV1().PersistentVolumeClaims(o.namespace)
	claim, err := claims.Create(ctx, wanted, o.createOptions())
	if apierrors.IsAlreadyExists(err) {
		return nil, c.takeOver(ctx)
	}
	if err != nil {
		return nil, err
	}
	claim.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "PersistentVolumeClaim"}
	if o.dryRun != dryRunNone {
		return claim, nil
	}
	c.did(claim.Name, func(ctx context.Context) error {
		err := claims.Delete(ctx, claim.Name, metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(claim.UID))})
		if err != nil {
			return fmt.Errorf("removing claim %q again (kubectl delete pvc %s does it): %w", claim.Name, claim.Name, err)
		}
		return nil
	})
	return claim, nil
}

// takeOver uses the results claim that is there, if nothing on it can be lost.
func (c *changes) takeOver(ctx context.Context) error {
	o := c.options
	claim, err := o.client.CoreV1().PersistentVolumeClaims(o.namespace).Get(ctx, o.spec.Results, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("reading claim %q: %w", o.spec.Results, err)
	}
	if err := o.usable(ctx, claim); err != nil {
		return err
	}
	if err := c.take(ctx, claim); err != nil || o.dryRun != dryRunNone {
		return err
	}
	size := volume.Size(claim)
	o.factory.Say(fmt.Sprintf("Using claim %s (%s), which is there already", claim.Name, size.String()))
	return nil
}

// take gives claim to this job. Its marks go before the job exists: a crash in
// between then errs on the safe side.
func (c *changes) take(ctx context.Context, claim *corev1.PersistentVolumeClaim) error {
	if c.options.dryRun != dryRunNone {
		return nil
	}
	taken, err := volume.Take(ctx, c.options.client, claim, c.use)
	if apierrors.IsConflict(err) {
		return fmt.Errorf("claim %q was changed meanwhile, perhaps by another run: try again", claim.Name)
	}
	if err != nil {
		return err
	}
	c.did(claim.Name, func(ctx context.Context) error { return volume.GiveBack(ctx, c.options.client, taken, claim) })
	return nil
}

func (c *changes) did(claim string, undo func(context.Context) error) {
	c.claims, c.steps = append(c.claims, claim), append(c.steps, undo)
}

// undo takes everything back, last things first, also when ctx is done already.
func (c *changes) undo(ctx context.Context, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoing)
	defer cancel()
	errs := []error{cause}
	for _, step := range slices.Backward(c.steps) {
		if err := step(ctx); err != nil {
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
	o := c.options
	if apierrors.IsForbidden(cause) || apierrors.IsInvalid(cause) || apierrors.IsBadRequest(cause) || o.dryRun != dryRunNone {
		return c.undo(ctx, o.refused(cause))
	}
	look, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoing)
	defer cancel()
	there, err := o.client.BatchV1().Jobs(o.namespace).Get(look, o.spec.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return c.undo(ctx, cause)
	case err != nil:
		return fmt.Errorf("%w; whether job %q was created is not known, so its claims stay as they are", cause, o.spec.Name)
	case there.Annotations[owner.UseAnnotation] == c.use:
		return fmt.Errorf("%w; but job %q was created, and goes on: %s", cause, o.spec.Name, o.factory.Line("wait", o.spec.Name))
	case c.usedBy(there):
		return fmt.Errorf("%w; it uses the same claim, which stays as it is", o.refused(cause))
	}
	return c.undo(ctx, o.refused(cause))
}

func (o *Options) refused(err error) error {
	if apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("there is a job %q in namespace %q already: give this one another name, or delete that one when it is finished: %s",
			o.spec.Name, o.namespace, o.factory.Line("purge", o.spec.Name))
	}
	return err
}

func (c *changes) usedBy(there *batchv1.Job) bool {
	return slices.ContainsFunc(volume.MountsOf(there.Spec.Template.Spec), func(m volume.Mounted) bool {
		return slices.Contains(c.claims, m.Claim)
	})
}
