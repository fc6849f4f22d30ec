package reason

import (
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// onLostNode reports a pod that blocks its job because its node does not report.
func onLostNode(pods []*corev1.Pod) Reason {
	for _, pod := range pods {
		since, lost := lostNode(pod)
		if !lost {
			continue
		}
		return Reason{
			Code: "Waiting for pod " + pod.Name + " to end",
			Message: fmt.Sprintf("node %s has not been ready since %s; the job continues when the node is ready again. %s",
				pod.Spec.NodeName, since.UTC().Format(time.RFC3339), releaseAdvice(pod)),
			Started: true,
		}
	}
	return Reason{}
}

// releaseAdvice describes how to delete a pod whose node will not return. A deletion
// alone is not enough: the finalizer of the Job controller keeps the object until
// the kubelet has reported the end of the pod.
func releaseAdvice(pod *corev1.Pod) string {
	return fmt.Sprintf("If the node will not return, delete the pod: kubectl delete pod %[1]s -n %[2]s --force --wait=false && "+
		`kubectl patch pod %[1]s -n %[2]s --type=merge -p '{"metadata":{"finalizers":null}}'`, pod.Name, pod.Namespace)
}

// lostNode returns the time since which the node of pod does not report. The node controller
// then marks only the pod as not ready: the containers keep the last status from the
// kubelet. Therefore the right to read nodes is not needed.
func lostNode(pod *corev1.Pod) (since time.Time, lost bool) {
	if Ended(pod) || pod.Spec.NodeName == "" || len(pod.Spec.ReadinessGates) > 0 {
		return time.Time{}, false
	}
	ready, containers := podCondition(pod, corev1.PodReady), podCondition(pod, corev1.ContainersReady)
	if ready == nil || containers == nil || ready.Status != corev1.ConditionFalse || containers.Status != corev1.ConditionTrue {
		return time.Time{}, false
	}
	return ready.LastTransitionTime.Time, true
}

func podCondition(pod *corev1.Pod, kind corev1.PodConditionType) *corev1.PodCondition {
	i := slices.IndexFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool { return c.Type == kind })
	if i < 0 {
		return nil
	}
	return &pod.Status.Conditions[i]
}

// isTerminating reports whether pod was deleted and has not ended.
func isTerminating(pod *corev1.Pod) bool { return pod.DeletionTimestamp != nil && !Ended(pod) }

// terminating explains what delays the deletion of a pod.
func terminating(pod *corev1.Pod) Reason {
	message := "the pod is being deleted"
	if c := podCondition(pod, corev1.DisruptionTarget); c != nil && c.Status == corev1.ConditionTrue {
		message += " (" + Reason{Code: c.Reason, Message: c.Message}.String() + ")"
	}
	return Reason{Code: "Waiting for pod " + pod.Name + " to end", Message: message, Started: true}
}

// Runs reports whether a container of pod runs, according to the last report of a node that is ready.
func Runs(pod *corev1.Pod) bool {
	_, lost := lostNode(pod)
	return pod.Status.Phase == corev1.PodRunning && !lost && !isTerminating(pod) && !stuck(pod)
}

// restarts reports whether the kubelet starts a container of pod again that ended so.
func restarts(pod *corev1.Pod, end *corev1.ContainerStateTerminated) bool {
	return pod.Spec.RestartPolicy == corev1.RestartPolicyOnFailure && end.ExitCode != 0
}

// partlyEnded describes a running pod some of whose containers have ended while
// others still run. It returns no reason if all containers of a pod run.
func partlyEnded(pods []*corev1.Pod) Reason {
	result := Reason{}
	for _, pod := range pods {
		if pod.Status.Phase != corev1.PodRunning || isTerminating(pod) {
			continue
		}
		ended, runs := "", ""
		for _, status := range pod.Status.ContainerStatuses {
			switch {
			case status.State.Terminated != nil && ended == "" && !restarts(pod, status.State.Terminated):
				ended = fmt.Sprintf("container %s ended with status %d", status.Name, status.State.Terminated.ExitCode)
			case status.State.Running != nil && runs == "":
				runs = fmt.Sprintf("container %s is still running", status.Name)
			}
		}
		if ended == "" || runs == "" {
			return Reason{}
		}
		result = Reason{Code: "Running", Message: ended + ", " + runs, Started: true}
	}
	return result
}
