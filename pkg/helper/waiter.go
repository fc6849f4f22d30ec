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

// waiter watches one pod start.
type waiter struct {
	session *Session
	last    reason.Reason
	said    map[string]bool // by code: some alternate as long as it lasts
	state   Waiting
	giveUp  context.CancelCauseFunc
	patient *time.Timer // until the lack of room is final
}

// look judges what is known of the pod and whether it runs.
func (w *waiter) look(pods []*corev1.Pod, events []*corev1.Event, gone bool) (running bool, err error) {
	i := slices.IndexFunc(pods, func(pod *corev1.Pod) bool { return pod.UID == w.session.pod.UID })
	switch {
	case i < 0 && gone:
		return false, fmt.Errorf("helper pod %q was deleted while it started", w.session.pod.Name)
	case i < 0:
		return false, nil
	}
	pod := pods[i]
	switch {
	case pod.Status.Phase == corev1.PodRunning:
		return true, nil
	case reason.Ended(pod):
		return false, w.ended(pod)
	}
	warnings := slices.DeleteFunc(slices.Clone(events), func(e *corev1.Event) bool { return e.Type != corev1.EventTypeWarning })
	why := reason.OfPod(pod, warnings)
	if why.Code == "Failed" && !transport.LacksShell(why.Message) {
		why = reason.Reason{} // the status is about to say the same with a better word
	}
	if state := waitingOf(pod, events, why); state != w.state {
		w.state = state
		w.session.waits(state)
	}
	if pod.Spec.NodeName != "" {
		w.rest()
	}
	return false, w.tell(why)
}

// ended explains a helper that ended while it started.
func (w *waiter) ended(pod *corev1.Pod) error {
	hint, why := "", reason.OfEnd(pod)
	if reason.NotStarted(pod) {
		if transport.LacksShell(why) {
			return w.noShell(pod.Name, why)
		}
		hint = "; use --helper-image to select an image with sh, sleep and tar in place of " + w.session.spec.Image
	}
	return fmt.Errorf("helper pod %q ended before it was used: %s%s", pod.Name, why, hint)
}

func (w *waiter) noShell(pod, why string) error {
	return fmt.Errorf("helper pod %q: %w", pod, &NoShellError{Image: w.session.spec.Image, Cause: errors.New(why)})
}

// tell says a reason once, and ends the wait where it cannot come right.
func (w *waiter) tell(why reason.Reason) error {
	if !why.Known() || why == w.last {
		return nil
	}
	w.last = why
	if err := w.final(why); err != nil {
		return err
	}
	if why.Code == corev1.PodReasonUnschedulable && w.session.spec.Hasty && w.patient == nil {
		w.patient = time.AfterFunc(hasty, func() { w.giveUp(errFull) })
	}
	if !w.said[why.Code] {
		w.said[why.Code] = true
		w.session.say(fmt.Sprintf("Helper pod %s is not running yet: %s", w.session.pod.Name, why))
	}
	return nil
}

// final is the error of a reason for which this pod is not waited for.
func (w *waiter) final(why reason.Reason) error {
	name := w.session.pod.Name
	switch {
	case aboutPull(why) && w.session.canFallBack():
		return &pullError{why}
	case creating(why) && transport.LacksShell(why.Message):
		return w.noShell(name, why.String())
	case why.Hopeless:
		return fmt.Errorf("helper pod %q cannot start: %s", name, why)
	case w.session.smallerFits(why):
		return &noRoomError{pod: name, why: why}
	}
	return nil
}

// rest stops the clock that runs while there is no room.
func (w *waiter) rest() {
	if w.patient != nil {
		w.patient.Stop()
	}
}

// aboutPull reports whether the image could not be had.
func aboutPull(why reason.Reason) bool {
	switch why.Code {
	case "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable", "ImageInspectError", "SignatureValidationFailed":
		return true
	}
	return false
}

// creating reports whether a container runtime could not make the container.
func creating(why reason.Reason) bool {
	return why.Code == "Failed" || why.Code == "CreateContainerError" || why.Code == "RunContainerError" || why.Code == "StartError"
}

// gaveUp explains the end of the wait.
func (w *waiter) gaveUp(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if !errors.Is(cause, errSlow) && !errors.Is(cause, errFull) {
		return err
	}
	if w.state.Reason == pulling && w.session.canFallBack() {
		return &pullError{reason.Reason{Code: "Pulling", Message: cause.Error()}}
	}
	text := fmt.Errorf("helper pod %q %w", w.session.pod.Name, cause)
	if w.last.Known() {
		text = fmt.Errorf("%w: %s", text, w.last)
	}
	return &NoPodError{Reason: w.last.String(), cause: text}
}
