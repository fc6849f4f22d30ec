package volume

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/cluster"
)

// unfinished selects the pods that can hold a volume: one that has ended does
// not, although it still pins the deletion of its claim.
const unfinished = "status.phase!=Succeeded,status.phase!=Failed"

// Users returns the pods that mount claim and have not ended, on a node or
// still without one.
func Users(ctx context.Context, client cluster.Interface, namespace, claim string) ([]corev1.Pod, error) {
	pods, err := client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{FieldSelector: unfinished})
	if err != nil {
		return nil, fmt.Errorf("looking who uses claim %q: %w", claim, err)
	}
	return slices.DeleteFunc(pods.Items, func(pod corev1.Pod) bool {
		return !uses(pod.Spec, claim)
	}), nil
}

func uses(spec corev1.PodSpec, claim string) bool {
	return slices.ContainsFunc(spec.Volumes, func(v corev1.Volume) bool {
		return v.PersistentVolumeClaim != nil && v.PersistentVolumeClaim.ClaimName == claim
	})
}
