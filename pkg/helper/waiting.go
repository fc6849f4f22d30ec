package helper

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

// Waiting is what a helper pod waits for while it starts.
type Waiting struct {
	// Reason is a short description, such as "pulling the image".
	Reason string
	// Cause is the cluster's message about what prevents progress; "" if
	// nothing does.
	Cause string
}

// String returns both as one text.
func (w Waiting) String() string {
	if w.Cause == "" {
		return w.Reason
	}
	return w.Reason + " (" + w.Cause + ")"
}

// pulling is the state that usually lasts longest.
const pulling = "pulling the image"

// waitingOf returns the current step of the start of pod. It uses the newest events, because the
// status has no steps between the choice of a node and a running container.
func waitingOf(pod *corev1.Pod, events []*corev1.Event, cause reason.Reason) Waiting {
	happened := func(code string) bool {
		return slices.ContainsFunc(events, func(e *corev1.Event) bool { return e.Reason == code && e.InvolvedObject.UID == pod.UID })
	}
	w := Waiting{Cause: cause.String()}
	switch {
	case cause.Code == corev1.PodReasonSchedulingGated:
		w.Reason = "waiting for admission"
	case happened("Created"), happened("Started"), happened("Pulled"):
		w.Reason = "starting the container"
	case happened("Pulling"), aboutPull(cause):
		w.Reason = pulling
	case condition(pod, corev1.PodReadyToStartContainers):
		w.Reason = "starting the container"
	case happened("SuccessfulAttachVolume"):
		w.Reason = "mounting the volume"
	case pod.Spec.NodeName != "", condition(pod, corev1.PodScheduled):
		w.Reason = "attaching the volume"
	default:
		w.Reason = "waiting for a node"
	}
	return w
}

func condition(pod *corev1.Pod, kind corev1.PodConditionType) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == kind && c.Status == corev1.ConditionTrue
	})
}
