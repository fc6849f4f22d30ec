package list

import (
	"context"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/watcher"
	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

// rows returns the rows of jobs. A Job's status counts the pods that are ready. A pod with an
// ended container is not ready, although another container may still run. Therefore
// the pods of jobs that seem to wait are listed, if the user may list pods.
func (o *Options) rows(ctx context.Context, jobs []*batchv1.Job) []row {
	rows, waiting := make([]row, len(jobs)), map[types.UID]int{}
	namespaces := map[string]bool{}
	for i, object := range jobs {
		rows[i] = row{job: object, state: job.StateOf(object)}
		if rows[i].state == job.Pending && object.Status.Active > 0 {
			waiting[object.UID], namespaces[object.Namespace] = i, true
		}
	}
	running := metav1.ListOptions{FieldSelector: "status.phase=" + string(corev1.PodRunning), LabelSelector: "job-name"}
	for namespace := range namespaces {
		err := watcher.Each(ctx, o.client.CoreV1().Pods(namespace), running, func(pod *corev1.Pod) error {
			controller := metav1.GetControllerOfNoCopy(pod)
			if controller == nil || !reason.Runs(pod) {
				return nil
			}
			if i, waits := waiting[controller.UID]; waits {
				rows[i].state = job.Running
			}
			return nil
		})
		if err != nil {
			break
		}
	}
	return rows
}
