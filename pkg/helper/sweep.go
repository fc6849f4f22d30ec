package helper

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/cluster"
	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

// Live returns the helpers in namespace that someone may be using.
func Live(ctx context.Context, client cluster.Interface, namespace string, now time.Time) ([]corev1.Pod, error) {
	pods, err := list(ctx, client, namespace)
	return slices.DeleteFunc(pods, func(pod corev1.Pod) bool { return pod.DeletionTimestamp != nil || stale(&pod, now) }), err
}

// Stale returns the helpers in namespace that a client left behind: finished
// ones, and those older than their own deadline.
func Stale(ctx context.Context, client cluster.Interface, namespace string, now time.Time) ([]corev1.Pod, error) {
	pods, err := list(ctx, client, namespace)
	return slices.DeleteFunc(pods, func(pod corev1.Pod) bool { return !stale(&pod, now) }), err
}

// Sweep deletes the stale helpers of namespace and returns how many. Those that
// cannot be deleted are in the error; the others are deleted all the same.
func Sweep(ctx context.Context, client cluster.Interface, namespace string, now time.Time) (int, error) {
	pods, err := Stale(ctx, client, namespace, now)
	swept := 0
	for i := range pods {
		if failed := remove(ctx, client, &pods[i]); failed != nil {
			err = errors.Join(err, fmt.Errorf("removing stale helper pod %q: %w", pods[i].Name, failed))
			continue
		}
		swept++
	}
	return swept, err
}

func list(ctx context.Context, client cluster.Interface, namespace string) ([]corev1.Pod, error) {
	pods, err := client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: owner.Select(owner.HelperComponent)})
	if err != nil {
		return nil, fmt.Errorf("looking for helper pods: %w", err)
	}
	return pods.Items, nil
}

func stale(pod *corev1.Pod, now time.Time) bool {
	return reason.Ended(pod) || now.After(deadline(pod))
}
