package helper

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// Shaped reports whether pod is a helper: it has the labels of one and the shape that Spec.Pod gives it. Labels
// alone prove nothing, since people copy them. A Job of Kubernetes that owns it must be the one that its label names.
// The UID of this Job needs no check: the garbage collector deletes a pod that names an owner with another UID.
func Shaped(pod *corev1.Pod) bool {
	if !provenance.Made(pod) || pod.Labels[provenance.ComponentLabel] != provenance.HelperComponent {
		return false
	}
	for _, ref := range pod.OwnerReferences {
		if ref.APIVersion != batchv1.SchemeGroupVersion.String() || ref.Kind != "Job" || ref.Name != pod.Labels[provenance.JobLabel] {
			return false
		}
	}
	ours := func(c corev1.Container) bool { return c.Name == Container && slices.Contains(c.Command, AgentDir) }
	reads := func(v corev1.Volume) bool { return v.PersistentVolumeClaim != nil && v.PersistentVolumeClaim.ReadOnly }
	return pod.Spec.ActiveDeadlineSeconds != nil && slices.ContainsFunc(pod.Spec.Containers, ours) && slices.ContainsFunc(pod.Spec.Volumes, reads)
}

// Reads reports whether a fetch may be reading through the helper pod. now is the time of the server.
func Reads(ctx context.Context, exec transport.Executor, pod *corev1.Pod, now time.Time) bool {
	return pod.DeletionTimestamp == nil && !stale(pod, now) && InUse(ctx, exec, pod, now)
}

// Live returns the helpers in namespace that have not ended. Whether a client uses one, InUse tells.
func Live(ctx context.Context, client clients.Interface, namespace string, now time.Time) ([]corev1.Pod, error) {
	pods, err := list(ctx, client, namespace)
	return slices.DeleteFunc(pods, func(pod corev1.Pod) bool { return pod.DeletionTimestamp != nil || stale(&pod, now) }), err
}

// Stale returns the helpers in namespace that a client left behind: finished
// ones, those older than their own deadline, and those that have not started for
// longer than a client waits. now is the time of the server.
func Stale(ctx context.Context, client clients.Interface, namespace string, now time.Time) ([]corev1.Pod, error) {
	pods, err := list(ctx, client, namespace)
	return slices.DeleteFunc(pods, func(pod corev1.Pod) bool { return !stale(&pod, now) }), err
}

// Shown returns the name of pod for people, who looked in namespace or in all.
func Shown(pod *corev1.Pod, namespace string) string {
	if namespace == metav1.NamespaceAll {
		return pod.Namespace + "/" + pod.Name
	}
	return pod.Name
}

// Sweep deletes the stale helpers of namespace and returns their names, as Shown has them. Those that
// cannot be deleted are in the error; the others are deleted all the same.
func Sweep(ctx context.Context, client clients.Interface, namespace string, now time.Time) (swept []string, err error) {
	pods, err := Stale(ctx, client, namespace, now)
	for i := range pods {
		switch removed, failed := removeStale(ctx, client, &pods[i]); {
		case failed != nil:
			err = errors.Join(err, fmt.Errorf("deleting stale helper pod %q: %w", Shown(&pods[i], namespace), failed))
		case removed:
			swept = append(swept, Shown(&pods[i], namespace))
		}
	}
	return swept, err
}

// removeStale deletes a helper. One that has not ended must not have changed since it was looked at: it can have
// started meanwhile.
func removeStale(ctx context.Context, client clients.Interface, pod *corev1.Pod) (removed bool, err error) {
	now := int64(0)
	options := metav1.DeleteOptions{GracePeriodSeconds: &now, Preconditions: metav1.NewUIDPreconditions(string(pod.UID))}
	if !reason.Ended(pod) {
		options.Preconditions.ResourceVersion = &pod.ResourceVersion
	}
	err = client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, options)
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return false, nil
	}
	return err == nil, err
}

func list(ctx context.Context, client clients.Interface, namespace string) ([]corev1.Pod, error) {
	pods, err := client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: provenance.Select(provenance.HelperComponent)})
	if err != nil {
		return nil, fmt.Errorf("listing helper pods: %w", err)
	}
	return slices.DeleteFunc(pods.Items, func(pod corev1.Pod) bool { return !Shaped(&pod) }), nil
}

// startGrace is how much later than its own client other commands give up a helper that does not start: creation
// times have no fractions of a second, and requests take their time.
const startGrace = 30 * time.Second

func stale(pod *corev1.Pod, now time.Time) bool {
	started := pod.Status.Phase != corev1.PodPending && pod.Status.Phase != ""
	return reason.Ended(pod) || now.After(deadline(pod)) || !started && now.Sub(pod.CreationTimestamp.Time) > startLimit+startGrace
}
