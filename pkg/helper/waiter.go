package helper

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// waiter watches the start of one pod.
type waiter struct {
	session    *Session
	lastReason reason.Reason
	reported   map[string]bool // by code: some codes alternate all the time
	state      Waiting
	giveUp     context.CancelCauseFunc
	roomTimer  *time.Timer // runs while no node has room
}

// check evaluates the status of the pod and reports whether it runs.
func (w *waiter) check(pods []*corev1.Pod, events []*corev1.Event, deleted bool) (running bool, err error) {
	i := slices.IndexFunc(pods, func(pod *corev1.Pod) bool { return pod.UID == w.session.pod.UID })
	switch {
	case i < 0 && deleted:
		return false, fmt.Errorf("helper pod %q was deleted while it started", w.session.pod.Name)
	case i < 0:
		return false, nil
	}
	pod := pods[i]
	switch {
	case pod.Status.Phase == corev1.PodRunning:
		return true, nil
	case reason.Ended(pod):
		return false, w.explainEnd(pod)
	}
	warnings := slices.DeleteFunc(slices.Clone(events), func(e *corev1.Event) bool { return e.Type != corev1.EventTypeWarning })
	cause := reason.OfPod(pod, warnings)
	if cause.Code == "Failed" && !transport.LacksShell(cause.Message) {
		cause = reason.Reason{} // the status will soon give a better reason
	}
	if state := waitingOf(pod, events, cause); state != w.state {
		w.state = state
		w.session.reportWaiting(state)
	}
	if pod.Spec.NodeName != "" {
		w.stopRoomTimer()
	}
	return false, w.reportReason(cause)
}

// explainEnd returns the error for a helper pod that ended while it started.
func (w *waiter) explainEnd(pod *corev1.Pod) error {
	hint, cause := "", reason.OfEnd(pod)
	if reason.NotStarted(pod) {
		if transport.LacksShell(cause) {
			return w.noShellError(pod.Name, cause)
		}
		hint = "; use --helper-image to select an image with sh, sleep and tar in place of " + w.session.spec.Image
	}
	return fmt.Errorf("helper pod %q ended before it was used: %s%s", pod.Name, cause, hint)
}

func (w *waiter) noShellError(pod, cause string) error {
	return fmt.Errorf("helper pod %q: %w", pod, &NoShellError{Image: w.session.spec.Image, Cause: errors.New(cause)})
}

// reportReason reports each reason once. It returns an error if the pod can never start.
func (w *waiter) reportReason(cause reason.Reason) error {
	if !cause.Known() || cause == w.lastReason {
		return nil
	}
	w.lastReason = cause
	if err := w.finalError(cause); err != nil {
		return err
	}
	if cause.Code == corev1.PodReasonUnschedulable && w.session.spec.Hasty && w.roomTimer == nil {
		w.roomTimer = time.AfterFunc(roomTimeout, func() { w.giveUp(errFull) })
	}
	if !w.reported[cause.Code] {
		w.reported[cause.Code] = true
		w.session.report(fmt.Sprintf("Helper pod %s is not running yet: %s", w.session.pod.Name, cause))
	}
	return nil
}

// finalError returns an error if cause means that waiting for this pod is useless.
func (w *waiter) finalError(cause reason.Reason) error {
	name := w.session.pod.Name
	switch {
	case aboutPull(cause) && w.session.canFallBack():
		return &pullError{cause}
	case creating(cause) && transport.LacksShell(cause.Message):
		return w.noShellError(name, cause.String())
	case cause.Code == failedMount && !w.session.spec.mountReadOnly && aboutReadOnly(cause.Message):
		return &mountError{cause}
	case cause.Hopeless:
		return fmt.Errorf("helper pod %q cannot start: %s", name, cause)
	case w.session.smallerFits(cause):
		return &noRoomError{pod: name, reason: cause}
	}
	return nil
}

// failedMount is the event of the kubelet about a volume that cannot be mounted.
const failedMount = "FailedMount"

// stopRoomTimer stops the timer that runs while no node has room.
func (w *waiter) stopRoomTimer() {
	if w.roomTimer != nil {
		w.roomTimer.Stop()
	}
}

// aboutPull reports whether the image could not be pulled.
func aboutPull(cause reason.Reason) bool {
	switch cause.Code {
	case "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable", "ImageInspectError", "SignatureValidationFailed":
		return true
	}
	return false
}

// creating reports whether a container runtime could not create the container.
func creating(cause reason.Reason) bool {
	return cause.Code == "Failed" || cause.Code == "CreateContainerError" || cause.Code == "RunContainerError" || cause.Code == "StartError"
}

// explainTimeout returns the error for the end of the wait.
func (w *waiter) explainTimeout(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if _, slow := errors.AsType[*slowError](cause); !slow && !errors.Is(cause, errFull) {
		return err
	}
	if w.state.Reason == pulling && w.session.canFallBack() {
		return &pullError{reason.Reason{Code: "Pulling", Message: cause.Error()}}
	}
	text := fmt.Errorf("helper pod %q %w", w.session.pod.Name, cause)
	if w.lastReason.Known() {
		text = fmt.Errorf("%w: %s", text, w.lastReason)
	}
	if w.lastReason.Code == corev1.PodReasonSchedulingGated {
		text = fmt.Errorf("%w; use --helper-timeout to wait longer, or --helper-label=%s=QUEUE to select a queue", text, reason.QueueLabel)
	}
	return &NoPodError{Reason: w.lastReason.String(), cause: text}
}
