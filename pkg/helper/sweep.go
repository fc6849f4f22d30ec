package helper

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
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

// IsHelperPod reports whether pod is a helper pod: it has the labels and the shape that Spec.Pod gives it. Labels
// alone prove nothing, because people copy them. A Job that owns the pod must be the Job in its label.
// The Job's UID needs no check: the garbage collector deletes a pod whose owner has another UID.
func IsHelperPod(pod *corev1.Pod) bool {
	if !provenance.Made(pod) || pod.Labels[provenance.ComponentLabel] != provenance.HelperComponent {
		return false
	}
	for _, ref := range pod.OwnerReferences {
		if ref.APIVersion != batchv1.SchemeGroupVersion.String() || ref.Kind != "Job" || ref.Name != pod.Labels[provenance.JobLabel] {
			return false
		}
	}
	isAgent := func(c corev1.Container) bool { return c.Name == Container && slices.Contains(c.Command, AgentDir) }
	onlyRead := func(v corev1.Volume) bool {
		return v.PersistentVolumeClaim != nil && (v.PersistentVolumeClaim.ReadOnly || isMountedReadOnly(pod, v.Name))
	}
	return pod.Spec.ActiveDeadlineSeconds != nil && slices.ContainsFunc(pod.Spec.Containers, isAgent) && slices.ContainsFunc(pod.Spec.Volumes, onlyRead)
}

// isMountedReadOnly reports whether pod mounts a volume, and only read-only.
func isMountedReadOnly(pod *corev1.Pod, volume string) bool {
	var mounts []corev1.VolumeMount
	for _, container := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		mounts = append(mounts, container.VolumeMounts...)
	}
	mounts = slices.DeleteFunc(mounts, func(m corev1.VolumeMount) bool { return m.Name != volume })
	return len(mounts) > 0 && !slices.ContainsFunc(mounts, func(m corev1.VolumeMount) bool { return !m.ReadOnly })
}

// IsReading reports whether a fetch may be reading through the helper pod.
func IsReading(ctx context.Context, exec transport.Executor, pod *corev1.Pod, serverTime time.Time) bool {
	return pod.DeletionTimestamp == nil && !stale(pod, serverTime) && InUse(ctx, exec, pod, serverTime)
}

// Live returns the helper pods in namespace that have not ended. InUse reports whether a client uses one of them.
func Live(ctx context.Context, client clients.Interface, namespace string, serverTime time.Time) ([]corev1.Pod, error) {
	pods, err := list(ctx, client, namespace)
	return slices.DeleteFunc(pods, func(pod corev1.Pod) bool { return pod.DeletionTimestamp != nil || stale(&pod, serverTime) }), err
}

// Stale returns the helper pods in namespace that a client left: pods that
// have ended, that are past their deadline, or that have not started for
// longer than a client waits.
func Stale(ctx context.Context, client clients.Interface, namespace string, serverTime time.Time) ([]corev1.Pod, error) {
	pods, err := list(ctx, client, namespace)
	return slices.DeleteFunc(pods, func(pod corev1.Pod) bool { return !stale(&pod, serverTime) }), err
}

// DisplayName returns the name of pod as shown to a user who listed namespace, or all namespaces.
func DisplayName(pod *corev1.Pod, namespace string) string {
	if namespace == metav1.NamespaceAll {
		return pod.Namespace + "/" + pod.Name
	}
	return pod.Name
}

// Sweep deletes the stale helper pods of namespace and returns their names as DisplayName returns them. Pods that
// cannot be deleted are in the error; the others are deleted nevertheless.
func Sweep(ctx context.Context, client clients.Interface, namespace string, serverTime time.Time) (swept []string, err error) {
	pods, err := Stale(ctx, client, namespace, serverTime)
	for i := range pods {
		switch removed, failed := removeStale(ctx, client, &pods[i]); {
		case failed != nil:
			err = errors.Join(err, fmt.Errorf("deleting stale helper pod %q: %w", DisplayName(&pods[i], namespace), failed))
		case removed:
			swept = append(swept, DisplayName(&pods[i], namespace))
		}
	}
	return swept, err
}

// removeStale deletes a helper pod. A pod that has not ended must not have changed since it was listed: it may have
// started meanwhile.
func removeStale(ctx context.Context, client clients.Interface, pod *corev1.Pod) (removed bool, err error) {
	gracePeriod := int64(0)
	options := metav1.DeleteOptions{GracePeriodSeconds: &gracePeriod, Preconditions: metav1.NewUIDPreconditions(string(pod.UID))}
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
	return slices.DeleteFunc(pods.Items, func(pod corev1.Pod) bool { return !IsHelperPod(&pod) }), nil
}

// startGrace is how much later than its own client other commands give up a pod that does not start: creation
// times have no fractions of a second, and requests take time.
const startGrace = 30 * time.Second

func stale(pod *corev1.Pod, serverTime time.Time) bool {
	started := pod.Status.Phase != corev1.PodPending && pod.Status.Phase != ""
	return reason.Ended(pod) || serverTime.After(deadline(pod)) || !started && serverTime.Sub(pod.CreationTimestamp.Time) > startLimitOf(pod)+startGrace
}

// startLimitOf returns how long the client of pod waits for its start. Everybody with write access can change the
// annotation: it has no effect beyond Lifetime.
func startLimitOf(pod *corev1.Pod) time.Duration {
	limit, err := strconv.Atoi(pod.Annotations[provenance.StartLimitAnnotation])
	if err != nil || limit <= 0 {
		return DefaultStartLimit
	}
	return time.Duration(min(limit, int(Lifetime.Seconds()))) * time.Second
}
