package purge

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
)

// Kind is a kind of object that is deleted, as kubectl writes it before a name.
type Kind string

// The kinds.
const (
	KindJob    Kind = "job.batch"
	KindPod    Kind = "pod"
	KindScript Kind = "configmap"
	KindSecret Kind = "secret"
	KindClaim  Kind = "persistentvolumeclaim"
)

// access reads and deletes one object.
type access struct {
	get    func(context.Context) (metav1.Object, error)
	remove func(context.Context, metav1.DeleteOptions) error
}

func accessTo(client clients.Interface, object Object) access {
	core := client.CoreV1()
	switch object.Kind {
	case KindJob:
		return through(client.BatchV1().Jobs(object.Namespace), object.Name)
	case KindPod:
		return through(core.Pods(object.Namespace), object.Name)
	case KindScript:
		return through(core.ConfigMaps(object.Namespace), object.Name)
	case KindSecret:
		return through(core.Secrets(object.Namespace), object.Name)
	default:
		return through(core.PersistentVolumeClaims(object.Namespace), object.Name)
	}
}

// typed is the part of a typed client that access needs.
type typed[T metav1.Object] interface {
	Get(context.Context, string, metav1.GetOptions) (T, error)
	Delete(context.Context, string, metav1.DeleteOptions) error
}

func through[T metav1.Object](client typed[T], name string) access {
	return access{
		get: func(ctx context.Context) (metav1.Object, error) { return client.Get(ctx, name, metav1.GetOptions{}) },
		remove: func(ctx context.Context, options metav1.DeleteOptions) error {
			return client.Delete(ctx, name, options)
		},
	}
}

// remove requests the deletion of one object. Jobs need an explicit
// propagation policy, because the API's default orphans their pods.
func remove(ctx context.Context, client clients.Interface, object Object, dryRun bool) error {
	options := metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &object.UID}}
	if object.Version != "" {
		options.Preconditions.ResourceVersion = &object.Version
	}
	if dryRun {
		options.DryRun = []string{metav1.DryRunAll}
	}
	if background := metav1.DeletePropagationBackground; object.Kind == KindJob {
		options.PropagationPolicy = &background
	}
	return accessTo(client, object).remove(ctx, options)
}
