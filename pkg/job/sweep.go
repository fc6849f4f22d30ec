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

// making is how long run may take from the first thing it makes to the job: what
// is older and has no job was left by one that was killed.
const making = 10 * time.Minute

// SweepLeftovers removes what a run that was killed made for a job that is not
// there: scripts, Secrets, and results claims that no pod has used. What belongs to
// a job that is there, and was not given to it, is given now. It returns what it removed,
// as KIND/NAME, with the namespace before it where that is all of them.
func SweepLeftovers(ctx context.Context, client clients.Interface, namespace string, now time.Time) (swept []string, err error) {
	found, err := leftovers(ctx, client, namespace)
	for _, one := range found {
		if now.Sub(one.GetCreationTimestamp().Time) < making {
			continue
		}
		removed, failed := one.sweep(ctx, client)
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("cleaning up %s %q, which an interrupted run created: %w", one.kind, one.GetName(), failed))
		}
		if removed {
			swept = append(swept, one.shown(namespace))
		}
	}
	return swept, err
}

// shown names it for people, who looked in namespace or in all.
func (l leftover) shown(namespace string) string {
	name := l.kind + "/" + l.GetName()
	if namespace == metav1.NamespaceAll {
		name += " in " + l.GetNamespace()
	}
	return name
}

// sweep removes it, unless its job is there.
func (l leftover) sweep(ctx context.Context, client clients.Interface) (removed bool, err error) {
	made, err := client.BatchV1().Jobs(l.GetNamespace()).Get(ctx, provenance.JobOf(l), metav1.GetOptions{})
	switch {
	case err == nil && l.adopt == nil:
		return false, nil
	case err == nil && uses(made, l.GetName()):
		return false, l.adopt(ctx, made)
	case err != nil && !apierrors.IsNotFound(err):
		return false, err
	}
	if waited, err := l.awaited(ctx, client); waited || err != nil {
		return false, err
	}
	err = l.remove(ctx, l.GetName(), metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(l.GetUID()))})
	return err == nil, err
}

// awaited reports whether a pod waits for a claim; who may not see pods cannot tell,
// and it is left.
func (l leftover) awaited(ctx context.Context, client clients.Interface) (bool, error) {
	if l.adopt != nil {
		return false, nil
	}
	users, err := claim.Users(ctx, client, l.GetNamespace(), l.GetName())
	if apierrors.IsForbidden(err) {
		return true, nil
	}
	return len(users) > 0, err
}

// uses reports whether job has that script or Secret.
func uses(job *batchv1.Job, name string) bool {
	return job.Annotations[provenance.ScriptAnnotation] == name || slices.Contains(provenance.EnvSecrets(job), name)
}
