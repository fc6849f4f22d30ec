package submit

import (
	"context"
	"fmt"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// owned is an object that goes when the last job that owns it goes.
type owned struct {
	kind kind
	name string
}

// script makes the ConfigMap with the script.
func (c *changes) script(ctx context.Context, made *resolved) error {
	if made.script == nil {
		return nil
	}
	maps := c.request.client.CoreV1().ConfigMaps(c.request.namespace)
	there, err := createOnce(ctx, c, creation[*corev1.ConfigMap]{"configmap", maps.Create, maps.Get}, made.script)
	if err != nil {
		return err
	}
	there.TypeMeta, made.script = made.script.TypeMeta, there
	c.did("configmap", there.Name, there.UID, maps.Delete)
	return nil
}

// env makes the Secret with variables.
func (c *changes) env(ctx context.Context, made *resolved) error {
	if made.env == nil {
		return nil
	}
	secrets := c.request.client.CoreV1().Secrets(c.request.namespace)
	there, err := createOnce(ctx, c, creation[*corev1.Secret]{"secret", secrets.Create, secrets.Get}, made.env)
	if err != nil {
		return err
	}
	there.TypeMeta, made.env = made.env.TypeMeta, there
	c.did("secret", there.Name, there.UID, secrets.Delete)
	return nil
}

// others makes what else the manifest brings, unless it is there.
func (c *changes) others(ctx context.Context, made *resolved) error {
	if len(made.others) == 0 {
		return nil
	}
	objects, mapper, err := c.request.factory.Client.Objects()
	if err != nil {
		return err
	}
	for i, wanted := range made.others {
		kind := wanted.GroupVersionKind()
		mapping, err := mapper.RESTMapping(kind.GroupKind(), kind.Version)
		if err != nil {
			return fmt.Errorf("-f: %w", err)
		}
		of := objects.Resource(mapping.Resource)
		to := of.Namespace(c.request.namespace)
		if mapping.Scope.Name() == "root" {
			to = of.Namespace("")
		}
		there, err := createOnce(ctx, c, creation[*unstructured.Unstructured]{
			mapping.Resource.GroupResource().String(),
			func(ctx context.Context, wanted *unstructured.Unstructured, options metav1.CreateOptions) (*unstructured.Unstructured, error) {
				return to.Create(ctx, wanted, options)
			},
			func(ctx context.Context, name string, options metav1.GetOptions) (*unstructured.Unstructured, error) {
				return to.Get(ctx, name, options)
			},
		}, wanted)
		switch {
		case apierrors.IsAlreadyExists(err):
			c.request.factory.Say(fmt.Sprintf("%s/%s already exists and is not changed", strings.ToLower(kind.GroupKind().String()), wanted.GetName()))
			made.others[i] = nil
		case err != nil:
			return err
		default:
			made.others[i] = there
			c.did(mapping.Resource.GroupResource().String(), there.GetName(), there.GetUID(), func(ctx context.Context, name string, options metav1.DeleteOptions) error {
				return to.Delete(ctx, name, options)
			})
		}
	}
	return nil
}

// adopt gives the job what was made before it, and what it shares with the job
// that it repeats: they go when the last of their owners goes.
func (r *Request) adopt(ctx context.Context, made *resolved) {
	if r.dryRun != dryRunNone {
		return
	}
	mine := made.shared
	if made.script != nil {
		mine = append(mine, owned{configMapKind, made.script.Name})
	}
	if made.env != nil {
		mine = append(mine, owned{secretKind, made.env.Name})
	}
	for _, one := range mine {
		if err := r.adoptOne(ctx, made.job, one); err != nil {
			r.notes = append(r.notes, fmt.Sprintf("Note: %s %s will not be deleted with the job: %v", one.kind, one.name, err))
		}
	}
}

func (r *Request) adoptOne(ctx context.Context, job *batchv1.Job, one owned) error {
	if one.kind == configMapKind {
		return provenance.Adopt(ctx, job, one.name, r.client.CoreV1().ConfigMaps(r.namespace).Patch)
	}
	return provenance.Adopt(ctx, job, one.name, r.client.CoreV1().Secrets(r.namespace).Patch)
}
