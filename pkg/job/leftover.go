package job

import (
	"context"
	"errors"
	"fmt"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// leftover is something that was made for a job before the job.
type leftover struct {
	metav1.Object

	// kind is what kubectl calls it.
	kind   string
	remove func(context.Context, string, metav1.DeleteOptions) error
	// adopt gives it to its job; nil for a claim, which no job owns.
	adopt func(context.Context, *batchv1.Job) error
}

// leftovers lists what run made and no job owns. Who may not see a kind of it has
// made none.
func leftovers(ctx context.Context, client clients.Interface, namespace string) (found []leftover, errs error) {
	for _, list := range []func(context.Context, clients.Interface, string) ([]leftover, error){scripts, variables, unusedClaims} {
		some, err := list(ctx, client, namespace)
		if err != nil && !apierrors.IsForbidden(err) {
			errs = errors.Join(errs, fmt.Errorf("listing the objects of interrupted runs: %w", err))
		}
		for _, one := range some {
			if len(one.GetOwnerReferences()) == 0 && one.GetDeletionTimestamp() == nil {
				found = append(found, one)
			}
		}
	}
	return found, errs
}

func scripts(ctx context.Context, client clients.Interface, namespace string) ([]leftover, error) {
	list, err := client.CoreV1().ConfigMaps(namespace).List(ctx, metav1.ListOptions{LabelSelector: provenance.Select(provenance.ScriptComponent)})
	if err != nil {
		return nil, err
	}
	created := slices.DeleteFunc(list.Items, func(one corev1.ConfigMap) bool { return provenance.IsCopy(&one) })
	return each(created, func(one *corev1.ConfigMap) leftover {
		of := client.CoreV1().ConfigMaps(one.Namespace)
		return leftover{one, "configmap", of.Delete, func(ctx context.Context, job *batchv1.Job) error {
			return provenance.Adopt(ctx, job, one.Name, of.Patch)
		}}
	}), nil
}

func variables(ctx context.Context, client clients.Interface, namespace string) ([]leftover, error) {
	list, err := client.CoreV1().Secrets(namespace).List(ctx, metav1.ListOptions{LabelSelector: provenance.Select(provenance.EnvComponent)})
	if err != nil {
		return nil, err
	}
	created := slices.DeleteFunc(list.Items, func(one corev1.Secret) bool { return provenance.IsCopy(&one) })
	return each(created, func(one *corev1.Secret) leftover {
		of := client.CoreV1().Secrets(one.Namespace)
		return leftover{one, "secret", of.Delete, func(ctx context.Context, job *batchv1.Job) error {
			return provenance.Adopt(ctx, job, one.Name, of.Patch)
		}}
	}), nil
}

func unusedClaims(ctx context.Context, client clients.Interface, namespace string) ([]leftover, error) {
	list, err := client.CoreV1().PersistentVolumeClaims(namespace).List(ctx, metav1.ListOptions{LabelSelector: provenance.Select(provenance.ResultsComponent)})
	if err != nil {
		return nil, err
	}
	pending := slices.DeleteFunc(list.Items, func(claim corev1.PersistentVolumeClaim) bool {
		return claim.Status.Phase != corev1.ClaimPending || !provenance.MadeResults(&claim) // not a copy that people made
	})
	return each(pending, func(one *corev1.PersistentVolumeClaim) leftover {
		return leftover{one, "pvc", client.CoreV1().PersistentVolumeClaims(one.Namespace).Delete, nil}
	}), nil
}

func each[T any](items []T, of func(*T) leftover) []leftover {
	found := make([]leftover, len(items))
	for i := range items {
		found[i] = of(&items[i])
	}
	return found
}
