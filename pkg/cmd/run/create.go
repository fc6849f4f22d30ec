package run

import (
	"context"
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

// create makes the claim, then the job. If the job is refused, only what this
// call made is removed, by UID.
func (o *Options) create(ctx context.Context) (objects, error) {
	if o.dryRun == dryRunClient {
		return objects{claim: o.newClaim(), job: o.spec.Job()}, nil
	}
	mounted, err := o.checkMounts(ctx)
	if err != nil {
		return objects{}, err
	}
	changes := &changes{options: o, use: o.spec.Name + " " + o.factory.Clock.Now().UTC().Format(time.RFC3339Nano)}
	claim, err := changes.results(ctx)
	for i := 0; i < len(mounted) && err == nil; i++ {
		err = changes.take(ctx, mounted[i])
	}
	if err != nil {
		return objects{}, changes.undo(ctx, err)
	}
	made, err := o.createJob(ctx, changes.use)
	if err != nil {
		return objects{}, changes.notCreated(ctx, err)
	}
	return objects{claim: claim, job: made}, nil
}

func (o *Options) createJob(ctx context.Context, use string) (*batchv1.Job, error) {
	wanted := o.spec.Job()
	if o.dryRun == dryRunNone {
		metav1.SetMetaDataAnnotation(&wanted.ObjectMeta, owner.UseAnnotation, use)
	}
	made, err := o.client.BatchV1().Jobs(o.namespace).Create(ctx, wanted, o.createOptions())
	if err == nil {
		made.TypeMeta = metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"}
	}
	return made, err
}

func (o *Options) createOptions() metav1.CreateOptions {
	options := metav1.CreateOptions{FieldManager: owner.ManagedBy}
	if o.dryRun == dryRunServer {
		options.DryRun = []string{metav1.DryRunAll}
	}
	return options
}

// checkMounts refuses claims that are not there: their pod would wait for ever.
// It returns those that run made for results and that this job writes to.
func (o *Options) checkMounts(ctx context.Context) ([]*corev1.PersistentVolumeClaim, error) {
	var taken []*corev1.PersistentVolumeClaim
	for _, m := range o.spec.Mounts {
		if m.Claim == o.spec.Results {
			continue
		}
		claim, err := o.client.CoreV1().PersistentVolumeClaims(o.namespace).Get(ctx, m.Claim, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			return nil, fmt.Errorf("--pvc %s: there is no claim of that name in namespace %q", m.Claim, o.namespace)
		case apierrors.IsForbidden(err):
			continue
		case err != nil:
			return nil, fmt.Errorf("reading claim %q: %w", m.Claim, err)
		case claim.DeletionTimestamp != nil:
			return nil, fmt.Errorf("--pvc %s: that claim is being deleted", m.Claim)
		}
		if !m.ReadOnly && owner.MadeResults(claim) {
			taken = append(taken, claim)
		}
	}
	return taken, nil
}

func (o *Options) newClaim() *corev1.PersistentVolumeClaim {
	if o.size == nil {
		return nil
	}
	return volume.Spec{Name: o.spec.Results, Namespace: o.namespace, Job: o.spec.Name, Size: *o.size, Owner: o.spec.Owner}.Claim()
}

// usable says why the results claim that is there cannot be this job's.
func (o *Options) usable(ctx context.Context, claim *corev1.PersistentVolumeClaim) error {
	users, err := volume.Users(ctx, o.client, o.namespace, claim.Name)
	if err != nil {
		return err
	}
	for _, pod := range users {
		if pod.Labels[owner.ComponentLabel] != owner.HelperComponent {
			return fmt.Errorf("claim %q is there already, and pod %q uses it: wait until that has ended, or give this job another name", claim.Name, pod.Name)
		}
	}
	return o.safe(claim)
}

// safe says what could be lost on a claim that is there.
func (o *Options) safe(claim *corev1.PersistentVolumeClaim) error {
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
