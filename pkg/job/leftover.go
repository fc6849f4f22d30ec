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

// leftover is an object that run created for a job before the job.
type leftover struct {
	metav1.Object

	// kind is kubectl's short name for it.
	kind   string
	remove func(context.Context, string, metav1.DeleteOptions) error
	// adopt makes its job the owner; nil for a claim, which no job owns.
	adopt func(context.Context, *batchv1.Job) error
}

// leftovers lists the objects that run created and no job owns. It skips kinds that the user may not
// list, because the user cannot have created them either.
func leftovers(ctx context.Context, client clients.Interface, namespace string) (result []leftover, errs error) {
	for _, list := range []func(context.Context, clients.Interface, string) ([]leftover, error){scripts, variables, unusedClaims} {
		listed, err := list(ctx, client, namespace)
		if err != nil && !apierrors.IsForbidden(err) {
			errs = errors.Join(errs, fmt.Errorf("listing the objects of interrupted runs: %w", err))
		}
		for _, object := range listed {
			if len(object.GetOwnerReferences()) == 0 && object.GetDeletionTimestamp() == nil {
				result = append(result, object)
			}
		}
	}
	return result, errs
}

func scripts(ctx context.Context, client clients.Interface, namespace string) ([]leftover, error) {
	list, err := client.CoreV1().ConfigMaps(namespace).List(ctx, metav1.ListOptions{LabelSelector: provenance.Select(provenance.ScriptComponent)})
	if err != nil {
		return nil, err
	}
	created := slices.DeleteFunc(list.Items, func(script corev1.ConfigMap) bool { return provenance.IsCopy(&script) })
	return toLeftovers(created, func(script *corev1.ConfigMap) leftover {
		configMaps := client.CoreV1().ConfigMaps(script.Namespace)
		return leftover{script, "configmap", configMaps.Delete, func(ctx context.Context, job *batchv1.Job) error {
			return provenance.Adopt(ctx, job, script.Name, configMaps.Patch)
		}}
	}), nil
}

func variables(ctx context.Context, client clients.Interface, namespace string) ([]leftover, error) {
	list, err := client.CoreV1().Secrets(namespace).List(ctx, metav1.ListOptions{LabelSelector: provenance.Select(provenance.EnvComponent)})
	if err != nil {
		return nil, err
	}
	created := slices.DeleteFunc(list.Items, func(secret corev1.Secret) bool { return provenance.IsCopy(&secret) })
	return toLeftovers(created, func(secret *corev1.Secret) leftover {
		secrets := client.CoreV1().Secrets(secret.Namespace)
		return leftover{secret, "secret", secrets.Delete, func(ctx context.Context, job *batchv1.Job) error {
			return provenance.Adopt(ctx, job, secret.Name, secrets.Patch)
		}}
	}), nil
}

func unusedClaims(ctx context.Context, client clients.Interface, namespace string) ([]leftover, error) {
	list, err := client.CoreV1().PersistentVolumeClaims(namespace).List(ctx, metav1.ListOptions{LabelSelector: provenance.Select(provenance.ResultsComponent)})
	if err != nil {
		return nil, err
	}
	pending := slices.DeleteFunc(list.Items, func(claim corev1.PersistentVolumeClaim) bool {
		return claim.Status.Phase != corev1.ClaimPending || !provenance.MadeResults(&claim) // not a copy that a user made
	})
	return toLeftovers(pending, func(claim *corev1.PersistentVolumeClaim) leftover {
		return leftover{claim, "pvc", client.CoreV1().PersistentVolumeClaims(claim.Namespace).Delete, nil}
	}), nil
}

func toLeftovers[T any](items []T, wrap func(*T) leftover) []leftover {
	result := make([]leftover, len(items))
	for i := range items {
		result[i] = wrap(&items[i])
	}
	return result
}
