package results

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/purge"
	"github.com/kubectl-batch/kubectl-batch/pkg/spelling"
)

// claims reads the claims of one namespace.
type claims struct {
	client    clients.Interface
	namespace string
	// requested means that the user has named a claim: an error for a missing one lists similar names.
	requested bool
}

// get returns a claim that can be mounted. An unbound one is refused: a helper pod would provision its volume.
func (c claims) get(ctx context.Context, name string) (*corev1.PersistentVolumeClaim, error) {
	pvc, err := c.client.CoreV1().PersistentVolumeClaims(c.namespace).Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil, c.missing(ctx, name)
	case err != nil:
		return nil, fmt.Errorf("reading claim %q: %w", name, err)
	case pvc.DeletionTimestamp != nil:
		return nil, fmt.Errorf("claim %q is being deleted, so no new pod can mount it: %s", name, purge.Holding(ctx, c.client, pvc))
	case claim.IsDevice(pvc):
		return nil, fmt.Errorf("claim %q is a block device (volumeMode Block), so there are no files to fetch", name)
	case pvc.Status.Phase == corev1.ClaimPending:
		return nil, fmt.Errorf("claim %q has no volume yet: no pod has used it, so there are no files to fetch", name)
	case pvc.Status.Phase == corev1.ClaimLost:
		return nil, fmt.Errorf("claim %q has lost its volume (phase Lost)", name)
	}
	return pvc, nil
}

// maxSuggestedFrom is how many claims are read to suggest similar names.
const maxSuggestedFrom = 1000

// missing returns the error for a claim that does not exist.
func (c claims) missing(ctx context.Context, name string) error {
	if !c.requested {
		return fmt.Errorf("claim %q does not exist in namespace %q: the claim and its results were deleted", name, c.namespace)
	}
	message := fmt.Sprintf("no claim %q in namespace %q", name, c.namespace)
	list, err := c.client.CoreV1().PersistentVolumeClaims(c.namespace).List(ctx, metav1.ListOptions{Limit: maxSuggestedFrom})
	if err != nil {
		return errors.New(message) // suggestions are optional
	}
	var names []string
	for i := range list.Items {
		names = append(names, list.Items[i].Name)
	}
	if near := spelling.Nearest(name, names); len(near) > 0 {
		message += "; similar names: " + strings.Join(near, ", ")
	}
	return errors.New(message)
}

// ofJobName returns the results claims whose label names a job.
func (c claims) ofJobName(ctx context.Context, name string) ([]corev1.PersistentVolumeClaim, error) {
	selector := metav1.FormatLabelSelector(&metav1.LabelSelector{MatchLabels: map[string]string{
		provenance.JobLabel: name, provenance.ComponentLabel: provenance.ResultsComponent, provenance.ManagedByLabel: provenance.ManagedBy,
	}})
	list, err := c.client.CoreV1().PersistentVolumeClaims(c.namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil, fmt.Errorf("listing the results claims of job %q: %w", name, err)
	}
	return withoutCopies(list.Items), nil
}

// withoutCopies drops copies of claims that run created, unless there are only copies, as after a restore from a backup.
func withoutCopies(list []corev1.PersistentVolumeClaim) []corev1.PersistentVolumeClaim {
	created := slices.DeleteFunc(slices.Clone(list), func(pvc corev1.PersistentVolumeClaim) bool { return !provenance.MadeResults(&pvc) })
	if len(created) > 0 {
		return created
	}
	return list
}

// job returns the job whose results a claim holds; nil if it does not exist, or if it has another claim now.
func (c claims) job(ctx context.Context, pvc *corev1.PersistentVolumeClaim) (*batchv1.Job, error) {
	name := provenance.JobOf(pvc)
	if name == "" || !provenance.MadeResults(pvc) {
		return nil, nil
	}
	owner, err := job.Get(ctx, c.client, c.namespace, job.Ref(name))
	if _, missing := errors.AsType[*job.NotFoundError](err); missing || err == nil && owner.Annotations[provenance.ResultsAnnotation] != pvc.Name {
		return nil, nil
	}
	return owner, err
}
