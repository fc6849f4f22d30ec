package cleanup

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
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

// remove asks for the deletion of one object, and only that. The propagation is
// named for jobs: by itself their API orphans the pods.
func remove(ctx context.Context, client kubernetes.Interface, one Object, dryRun bool) error {
	options := metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &one.UID}}
	if one.Version != "" {
		options.Preconditions.ResourceVersion = &one.Version
	}
	if dryRun {
		options.DryRun = []string{metav1.DryRunAll}
	}
	core := client.CoreV1()
	switch one.Kind {
	case KindJob:
		background := metav1.DeletePropagationBackground
		options.PropagationPolicy = &background
		return client.BatchV1().Jobs(one.Namespace).Delete(ctx, one.Name, options)
	case KindPod:
		return core.Pods(one.Namespace).Delete(ctx, one.Name, options)
	case KindScript:
		return core.ConfigMaps(one.Namespace).Delete(ctx, one.Name, options)
	case KindSecret:
		return core.Secrets(one.Namespace).Delete(ctx, one.Name, options)
	default:
		return core.PersistentVolumeClaims(one.Namespace).Delete(ctx, one.Name, options)
	}
}
