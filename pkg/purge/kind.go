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

// access is how one object is looked at and deleted.
type access struct {
	get    func(context.Context) (metav1.Object, error)
	remove func(context.Context, metav1.DeleteOptions) error
}

func accessTo(client clients.Interface, one Object) access {
	core := client.CoreV1()
	switch one.Kind {
	case KindJob:
		return through(client.BatchV1().Jobs(one.Namespace), one.Name)
	case KindPod:
		return through(core.Pods(one.Namespace), one.Name)
	case KindScript:
		return through(core.ConfigMaps(one.Namespace), one.Name)
	case KindSecret:
		return through(core.Secrets(one.Namespace), one.Name)
	default:
		return through(core.PersistentVolumeClaims(one.Namespace), one.Name)
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

// remove asks for the deletion of one object, and only that. The propagation is
// named for jobs: by itself their API orphans the pods.
func remove(ctx context.Context, client clients.Interface, one Object, dryRun bool) error {
	options := metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &one.UID}}
	if one.Version != "" {
		options.Preconditions.ResourceVersion = &one.Version
	}
	if dryRun {
		options.DryRun = []string{metav1.DryRunAll}
	}
	if background := metav1.DeletePropagationBackground; one.Kind == KindJob {
		options.PropagationPolicy = &background
	}
	return accessTo(client, one).remove(ctx, options)
}
