package helper

import (
	"fmt"

	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

// NoPodError means that no helper pod can be started for lack of resources: nodes are full, a
// quota refuses even the smallest pod, or the pod did not start in time.
// A pod that already runs and mounts the volume can still be used.
type NoPodError struct {
	// Reason is the cluster's message.
	Reason string
	cause  error
}

// Error implements error.
func (e *NoPodError) Error() string { return e.cause.Error() }

// Unwrap returns the error of the API or of the wait for the pod.
func (e *NoPodError) Unwrap() error { return e.cause }

// NoShellError means that an image has no shell, so that the agent cannot be copied into
// its container or run in it.
type NoShellError struct {
	// Image is "" if only the container is known.
	Image string
	Cause error
}

// Error implements error.
func (e *NoShellError) Error() string {
	name := "the image of the helper pod"
	if e.Image != "" {
		name = "image " + e.Image
	}
	return fmt.Sprintf("%s has no shell: %v; use --helper-image to select an image with sh, sleep and tar", name, e.Cause)
}

// Unwrap returns the error of the container runtime.
func (e *NoShellError) Unwrap() error { return e.Cause }

// CannotRunError means that the agent can never run in this container.
type CannotRunError struct {
	// Reason is the cause, such as another processor or a volume mounted noexec.
	Reason string
}

// Error implements error.
func (e *CannotRunError) Error() string { return "the agent cannot run in the helper pod: " + e.Reason }

// UndeliveredError means that the agent was not copied completely: the connection broke
// or the helper pod was lost. Another attempt may succeed, possibly with a new helper pod.
type UndeliveredError struct{ Cause error }

// Error implements error.
func (e *UndeliveredError) Error() string {
	return "copying the agent to the helper pod: " + e.Cause.Error()
}

// Unwrap returns the cause.
func (e *UndeliveredError) Unwrap() error { return e.Cause }

// noRoomError means that no node has room for a helper pod of this size.
type noRoomError struct {
	pod    string
	reason reason.Reason
}

func (e *noRoomError) Error() string { return fmt.Sprintf("helper pod %s: %s", e.pod, e.reason) }

// pullError means that the image was not pulled, and that another image can be used.
type pullError struct{ reason reason.Reason }

func (e *pullError) Error() string { return e.reason.String() }

// mountError means that the volume cannot be mounted read-only.
type mountError struct{ reason reason.Reason }

func (e *mountError) Error() string { return e.reason.String() }
