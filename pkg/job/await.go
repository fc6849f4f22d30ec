package job

import (
	"context"
	"fmt"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-batch/kubectl-batch/pkg/cluster"
)

// Outcome is how a job ended.
type Outcome struct {
	Job *batchv1.Job
	// Pods of the job as last seen, also those that were deleted on the way.
	Pods []*corev1.Pod
	// ExitStatus is the job's own, see ExitStatus.
	ExitStatus int
}

// Await waits until job is finished, for ever where ctx allows. say is told
// why nothing of it runs, at each change, in the cluster's words. Errors: the
// job was deleted before its end, or the cluster cannot be asked.
func Await(ctx context.Context, client cluster.Interface, job *batchv1.Job, say func(string)) (Outcome, error) {
	teller := teller{name: job.Name, say: say}
	var last View
	err := Watch(ctx, client, job, func(v View) bool {
		last = v
		teller.tell(v)
		return End(v.Job) == nil
	}, teller.lost)
	if err != nil {
		return Outcome{}, err
	}
	if End(last.Job) == nil {
		return Outcome{}, deleted(job)
	}
	return outcome(ctx, client, last)
}

func deleted(job *batchv1.Job) error {
	return fmt.Errorf("job %q was deleted before it finished", job.Name)
}

// outcome looks at the pods once more: their watch can lag behind the job's.
func outcome(ctx context.Context, client cluster.Interface, v View) (Outcome, error) {
	pods, err := Pods(ctx, client, v.Job)
	if err != nil {
		return Outcome{}, err
	}
	listed := map[types.UID]bool{}
	for _, pod := range pods {
		listed[pod.UID] = true
	}
	pods = append(pods, slices.DeleteFunc(v.Pods, func(pod *corev1.Pod) bool { return listed[pod.UID] })...)
	return Outcome{Job: v.Job, Pods: pods, ExitStatus: ExitStatus(v.Job, pods)}, nil
}

// Pods returns the pods of job, oldest first.
func Pods(ctx context.Context, client cluster.Interface, job *batchv1.Job) ([]*corev1.Pod, error) {
	list, err := client.CoreV1().Pods(job.Namespace).List(ctx, metav1.ListOptions{LabelSelector: Selector(job)})
	if err != nil {
		return nil, fmt.Errorf("listing the pods of job %q: %w", job.Name, err)
	}
	pods := make([]*corev1.Pod, len(list.Items))
	for i := range list.Items {
		pods[i] = &list.Items[i]
	}
	sortPods(pods)
	return pods, nil
}

func sortPods(pods []*corev1.Pod) {
	slices.SortStableFunc(pods, func(a, b *corev1.Pod) int {
		return a.CreationTimestamp.Compare(b.CreationTimestamp.Time)
	})
}
