package job

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// creationLimit is how long run may take from the first object that it creates to the job: an older
// object without a job is the leftover of a run that was killed.
const creationLimit = 10 * time.Minute

// SweepLeftovers deletes what a killed run created for a job that does not
// exist: scripts, Secrets, and results claims that no pod has used. If the job
// exists but does not own the object, the job becomes its owner. It returns the deleted objects
// as KIND/NAME, with the namespace if all namespaces were listed.
func SweepLeftovers(ctx context.Context, client clients.Interface, namespace string, serverTime time.Time) (swept []string, err error) {
	objects, err := leftovers(ctx, client, namespace)
	for _, object := range objects {
		if serverTime.Sub(object.GetCreationTimestamp().Time) < creationLimit {
			continue
		}
		removed, failed := object.sweep(ctx, client)
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("cleaning up %s %q, which an interrupted run created: %w", object.kind, object.GetName(), failed))
		}
		if removed {
			swept = append(swept, object.displayName(namespace))
		}
	}
	return swept, err
}

// displayName returns the name for a user who listed namespace, or all namespaces.
func (l leftover) displayName(namespace string) string {
	name := l.kind + "/" + l.GetName()
	if namespace == metav1.NamespaceAll {
		name += " in " + l.GetNamespace()
	}
	return name
}

// sweep deletes the object, unless its job exists.
func (l leftover) sweep(ctx context.Context, client clients.Interface) (removed bool, err error) {
	job, err := client.BatchV1().Jobs(l.GetNamespace()).Get(ctx, provenance.JobOf(l), metav1.GetOptions{})
	switch {
	case err == nil && l.adopt == nil:
		return false, nil
	case err == nil && uses(job, l.GetName()):
		return false, l.adopt(ctx, job)
	case err != nil && !apierrors.IsNotFound(err):
		return false, err
	}
	if waited, err := l.isAwaited(ctx, client); waited || err != nil {
		return false, err
	}
	err = l.remove(ctx, l.GetName(), metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(l.GetUID()))})
	return err == nil, err
}

// isAwaited reports whether a pod waits for the claim. It returns true if the user may not list
// pods, so that the claim is kept.
func (l leftover) isAwaited(ctx context.Context, client clients.Interface) (bool, error) {
	if l.adopt != nil {
		return false, nil
	}
	users, err := claim.Users(ctx, client, l.GetNamespace(), l.GetName())
	if apierrors.IsForbidden(err) {
		return true, nil
	}
	return len(users) > 0, err
}

// uses reports whether job uses that script or Secret.
func uses(job *batchv1.Job, name string) bool {
	return job.Annotations[provenance.ScriptAnnotation] == name || slices.Contains(provenance.EnvSecrets(job), name)
}
