package helper

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

// Waiting is what a helper is waiting for while it starts.
type Waiting struct {
	// Reason is in a few words, such as "pulling the image".
	Reason string
	// Why is what keeps it from going on, in the cluster's words; "" where nothing
	// is known to.
	Why string
}

// String returns both as one text.
func (w Waiting) String() string {
	if w.Why == "" {
		return w.Reason
	}
	return w.Reason + " (" + w.Why + ")"
}

// pulling is the state in which a helper can stay longest.
const pulling = "pulling the image"

// waitingOf returns how far pod has come: what its events say last, for its
// status knows no steps between a node and a running container.
func waitingOf(pod *corev1.Pod, events []*corev1.Event, why reason.Reason) Waiting {
	happened := func(code string) bool {
		return slices.ContainsFunc(events, func(e *corev1.Event) bool { return e.Reason == code && e.InvolvedObject.UID == pod.UID })
	}
	w := Waiting{Why: why.String()}
	switch {
	case happened("Created"), happened("Started"), happened("Pulled"):
		w.Reason = "starting the container"
	case happened("Pulling"), aboutPull(why):
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
