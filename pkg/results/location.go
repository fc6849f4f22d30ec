package results

import (
	"fmt"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// resultsLocation is where the results of one job are.
type resultsLocation struct {
	// Choice is the mount and the paths.
	claim.Choice
	namespace string
	// name is that of the job, or of the claim if no job is known.
	name string
	// job is nil if it does not exist any more. If its last state is known, job is that state and deleted is set.
	job     *batchv1.Job
	deleted bool
	pods    []*corev1.Pod
	claim   *corev1.PersistentVolumeClaim
	// pod is set if the files are on its emptyDir volume podVolume; then claim is a stand-in.
	pod       *corev1.Pod
	podVolume string
	// layout resolves symbolic links on the claim.
	layout *localtree.Layout
	// onlyResults means that the job writes to nothing else.
	onlyResults bool
	// otherUse means that the files can be those of another job.
	otherUse bool
	// tasks has the task of each of Paths; nil if tasks do not matter.
	tasks map[string]int
}

// label names the volume in messages.
func (l *resultsLocation) label() string {
	if l.pod != nil {
		return fmt.Sprintf("emptyDir volume %q of pod %q", l.podVolume, l.pod.Name)
	}
	return fmt.Sprintf("claim %q", l.claim.Name)
}

// owner returns the owner of a helper pod; nil for none.
func (l *resultsLocation) owner() *metav1.OwnerReference {
	if l.deleted {
		return nil
	}
	return helper.ParentOf(l.job)
}

// podSpec returns the template of the pods that wrote the files; it is empty if the job is not known.
func (l *resultsLocation) podSpec() corev1.PodSpec {
	if l.job == nil {
		return corev1.PodSpec{}
	}
	return l.job.Spec.Template.Spec
}

// identity returns the user that wrote the files.
func (l *resultsLocation) identity() helper.Identity {
	return helper.IdentityOf(l.podSpec(), l.Container, l.pods, provenance.Mark(l.claim, provenance.UserAnnotation))
}

// image returns the image of the container that wrote the files; "" if it is not known.
func (l *resultsLocation) image() string {
	for _, container := range slices.Concat(l.podSpec().Containers, l.podSpec().InitContainers) {
		if container.Name == l.Container {
			return container.Image
		}
	}
	return ""
}

// unfinished reports whether the job may still write results.
func (l *resultsLocation) unfinished() bool { return l.job != nil && job.End(l.job) == nil }

// running reports whether a container that writes results runs.
func (l *resultsLocation) running() bool {
	return slices.ContainsFunc(l.pods, func(pod *corev1.Pod) bool { return containerRuns(*pod, l.Container) })
}

// jobState returns the state of the job. If one of its pods runs, it is Running even if the job's own status does not
// count the pod yet: that status follows the pods with a delay of a second or more.
func (l *resultsLocation) jobState() job.State {
	state := job.StateOf(l.job)
	if state == job.Pending && l.running() {
		return job.Running
	}
	return state
}

func isHelper(pod corev1.Pod) bool { return helper.IsHelperPod(&pod) }

func containerRuns(pod corev1.Pod, container string) bool {
	for _, status := range slices.Concat(pod.Status.ContainerStatuses, pod.Status.InitContainerStatuses) {
		if status.Name == container {
			return status.State.Running != nil
		}
	}
	return false
}
