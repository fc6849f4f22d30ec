package helper

import (
	"fmt"

	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

// NoPodError says that no helper can be started for lack of room: a full node, a
// quota that even the smallest exceeds, a pod that nothing could be seen to start.
// A pod that runs already and has the volume can be read in all the same.
type NoPodError struct {
	// Reason is in the cluster's words.
	Reason string
	cause  error
}

// Error implements error.
func (e *NoPodError) Error() string { return e.cause.Error() }

// Unwrap returns what the API or the wait for the pod said.
func (e *NoPodError) Unwrap() error { return e.cause }

// NoShellError says that an image has no shell, so that nothing can be put into
// its container or run there.
type NoShellError struct {
	// Image is "" where only the container is known.
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

// Unwrap returns what the container runtime said.
func (e *NoShellError) Unwrap() error { return e.Cause }

// CannotRunError says that the agent cannot run in a container, now or later.
type CannotRunError struct {
	// Reason tells why, such as another processor or a volume mounted noexec.
	Reason string
}

// Error implements error.
func (e *CannotRunError) Error() string { return "the agent cannot run in the helper pod: " + e.Reason }

// UndeliveredError says that the agent did not arrive, as the connection broke
// or the helper is gone. It may work the next time, in a new helper at worst.
type UndeliveredError struct{ Cause error }

// Error implements error.
func (e *UndeliveredError) Error() string {
	return "copying the agent to the helper pod: " + e.Cause.Error()
}

// Unwrap returns what went wrong.
func (e *UndeliveredError) Unwrap() error { return e.Cause }

// noRoomError says that no node has room for a helper of this size.
type noRoomError struct {
	pod string
	why reason.Reason
}

func (e *noRoomError) Error() string { return fmt.Sprintf("helper pod %s: %s", e.pod, e.why) }

// pullError says that the image was not pulled, and that there is another to try.
type pullError struct{ why reason.Reason }

func (e *pullError) Error() string { return e.why.String() }
