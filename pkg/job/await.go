package job

import (
	"context"
	"fmt"
	"regexp"
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

// teller says what changed about a job, each thing once: reasons alternate for as long
// as they last, such as ErrImagePull and ImagePullBackOff.
type teller struct {
	name string
	say  func(string)
	said map[string]bool
	// running is what was told last.
	running bool
}

// podName matches the end that the Job controller gives the names of pods: a
// refusal that names the next pod is the same refusal.
var podName = regexp.MustCompile(`-[a-z0-9]{5}\b`)

func (t *teller) tell(v View) {
	switch {
	case v.Gone || End(v.Job) != nil:
	case v.Reason.Known():
		t.once(fmt.Sprintf("job %s does not run yet: %s", t.name, v.Reason))
	case StateOf(v.Job) == Running && !t.running:
		t.said, t.running = nil, true // what keeps it from running after this is news
		t.say(fmt.Sprintf("job %s is running", t.name))
	}
}

func (t *teller) once(text string) {
	key := podName.ReplaceAllString(text, "")
	if t.said[key] {
		return
	}
	if t.said == nil {
		t.said = map[string]bool{}
	}
	t.said[key], t.running = true, false
	t.say(text)
}

func (t *teller) lost(err error) {
	t.say(fmt.Sprintf("lost the connection to the cluster (%v); trying again", err))
}
