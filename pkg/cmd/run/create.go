package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
	"github.com/kubectl-batch/kubectl-batch/pkg/volume"
)

// undoing is how long taking back what was made may take.
const undoing = 10 * time.Second

// objects is what run made, or would make.
type objects struct {
	// claim is nil where none was asked for, or where an existing one is used.
	claim *corev1.PersistentVolumeClaim
	job   *batchv1.Job
}

func tolerable(err error) bool { return apierrors.IsNotFound(err) || apierrors.IsForbidden(err) }

// create makes the claim, then the job. If the job is refused, only what this
// call made is removed, by UID.
func (o *Options) create(ctx context.Context) (objects, error) {
	if o.dryRun == dryRunClient {
		return objects{claim: o.newClaim(), job: o.spec.Job()}, nil
	}
	if err := o.checkMounts(ctx); err != nil {
		return objects{}, err
	}
	claim, undo, err := o.results(ctx)
	if err != nil {
		return objects{}, err
	}
	made, err := o.client.BatchV1().Jobs(o.namespace).Create(ctx, o.spec.Job(), o.createOptions())
	if err != nil {
		if undone := takeBack(ctx, undo); undone != nil {
			return objects{}, errors.Join(o.refused(err), undone)
		}
		return objects{}, o.refused(err)
	}
	made.TypeMeta = metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"}
	return objects{claim: claim, job: made}, nil
}

// takeBack undoes a step, also when ctx is done already.
func takeBack(ctx context.Context, undo func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoing)
	defer cancel()
	return undo(ctx)
}

func (o *Options) refused(err error) error {
	if apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("there is a job %q in namespace %q already: give this one another name, or delete that one when it is finished: %s",
			o.spec.Name, o.namespace, o.factory.Line("purge", o.spec.Name))
	}
	return err
}

func (o *Options) createOptions() metav1.CreateOptions {
	options := metav1.CreateOptions{FieldManager: owner.ManagedBy}
	if o.dryRun == dryRunServer {
		options.DryRun = []string{metav1.DryRunAll}
	}
	return options
}

// checkMounts refuses claims that are not there: their pod would wait for ever.
func (o *Options) checkMounts(ctx context.Context) error {
	for _, m := range o.spec.Mounts {
		if m.Claim == o.spec.Results {
			continue
		}
		claim, err := o.client.CoreV1().PersistentVolumeClaims(o.namespace).Get(ctx, m.Claim, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			return fmt.Errorf("--pvc %s: there is no claim of that name in namespace %q", m.Claim, o.namespace)
		case apierrors.IsForbidden(err):
			continue
		case err != nil:
			return fmt.Errorf("reading claim %q: %w", m.Claim, err)
		case claim.DeletionTimestamp != nil:
			return fmt.Errorf("--pvc %s: that claim is being deleted", m.Claim)
		}
	}
	return nil
}

func (o *Options) newClaim() *corev1.PersistentVolumeClaim {
	if o.size == nil {
		return nil
	}
	return volume.Spec{Name: o.spec.Results, Namespace: o.namespace, Job: o.spec.Name, Size: *o.size, Owner: o.spec.Owner}.Claim()
}

// results makes the results claim or takes the one that is there, and returns
// how to undo that.
func (o *Options) results(ctx context.Context) (*corev1.PersistentVolumeClaim, func(context.Context) error, error) {
	nothing := func(context.Context) error { return nil }
	if o.size == nil {
		return nil, nothing, nil
	}
	claims := o.client.CoreV1().PersistentVolumeClaims(o.namespace)
	claim, err := claims.Create(ctx, o.newClaim(), o.createOptions())
	if apierrors.IsAlreadyExists(err) {
		undo, err := o.takeOver(ctx)
		return nil, undo, err
	}
	if err != nil {
		return nil, nothing, err
	}
	claim.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "PersistentVolumeClaim"}
	if o.dryRun != dryRunNone {
		return claim, nothing, nil
	}
	return claim, func(ctx context.Context) error {
		err := claims.Delete(ctx, claim.Name, metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(claim.UID))})
		if err != nil {
			return fmt.Errorf("removing claim %q again: %w", claim.Name, err)
		}
		return nil
	}, nil
}

// takeOver uses the results claim that is there, if nothing on it can be lost.
// Its marks go before the job exists: a crash in between then errs on the safe side.
func (o *Options) takeOver(ctx context.Context) (func(context.Context) error, error) {
	nothing := func(context.Context) error { return nil }
	claim, err := o.client.CoreV1().PersistentVolumeClaims(o.namespace).Get(ctx, o.spec.Results, metav1.GetOptions{})
	if err != nil {
		return nothing, fmt.Errorf("reading claim %q: %w", o.spec.Results, err)
	}
	if err := o.usable(claim); err != nil {
		return nothing, err
	}
	if o.dryRun != dryRunNone {
		return nothing, nil
	}
	if err := volume.Unmark(ctx, o.client, claim); err != nil {
		return nothing, err
	}
	size := volume.Size(claim)
	o.factory.Say(fmt.Sprintf("Using claim %s (%s), which is there already", claim.Name, size.String()))
	return func(ctx context.Context) error { return volume.Remark(ctx, o.client, claim) }, nil
}

func (o *Options) usable(claim *corev1.PersistentVolumeClaim) error {
	name, f := claim.Name, o.factory
	size := volume.Size(claim)
	switch {
	case claim.DeletionTimestamp != nil:
		return fmt.Errorf("claim %q is there and being deleted: try again when it is gone", name)
	case !owner.MadeResults(claim):
		return fmt.Errorf("claim %q is there already and was not made by run: to use it, mount it with --pvc %s:%s in place of --results", name, name, volume.ResultsPath)
	case !o.reuse && !volume.Fetched(claim) && !volume.Unused(claim):
		return fmt.Errorf("claim %q holds results that were not fetched: fetch them (%s), or let this job write over them with --reuse-results",
			name, f.Line("fetch", "pvc/"+name))
	case !o.reuse && size.Cmp(*o.size) < 0:
		return fmt.Errorf("claim %q is there already, with %s where --results=%s asks for more: delete it if its results are safe (kubectl delete pvc %s), or use it as it is with --reuse-results",
			name, size.String(), o.size.String(), name)
	}
	return nil
}
