package helper

import (
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

// The smallest helper pod that is tried when there is no room for a larger one,
// in millicores and bytes.
const (
	minCPU    = 100
	minMemory = 64 << 20
	// minSpace has room for the agent twice, and for a few chunks that are being copied to a bucket.
	minSpace = 128 << 20
)

// large reports whether the helper can be made smaller.
func (s *Session) large() bool {
	return s.spec.CPU.MilliValue() > minCPU || s.spec.Memory.Value() > minMemory
}

// shrink halves the helper pod, and reports this once. It returns false if the pod has the smallest size already.
func (s *Session) shrink(refusal string) bool {
	if !s.large() {
		return false
	}
	cpu, memory := s.spec.CPU.MilliValue(), s.spec.Memory.Value()
	s.spec.CPU = *resource.NewMilliQuantity(min(cpu, max(cpu/2, minCPU)), resource.DecimalSI)
	s.spec.Memory = *resource.NewQuantity(min(memory, max(memory/2, minMemory)), resource.BinarySI)
	if !s.shrunk {
		s.report("Note: " + refusal + "; retrying with a smaller helper pod")
	}
	s.shrunk = true
	return true
}

// adaptToFailure changes the Spec after a start that failed. It reports whether another attempt can succeed.
func (s *Session) adaptToFailure(err error) bool {
	if full, ok := errors.AsType[*noRoomError](err); ok {
		return s.smallerFits(full.reason) && s.shrink(full.Error())
	}
	if image, ok := errors.AsType[*pullError](err); ok {
		return s.useJobImage(image.reason.String())
	}
	if mount, ok := errors.AsType[*mountError](err); ok {
		return s.useReadOnlyMount(mount.Error())
	}
	return false
}

// smallerFits reports whether a smaller helper pod might find a node. Nodes count
// requests, and the CPU request is already small.
func (s *Session) smallerFits(cause reason.Reason) bool {
	return s.large() && (lacks(cause, "memory") || s.spec.RequestCPU && lacks(cause, "cpu"))
}

// lacks reports whether the scheduler's message says that nodes have too little of a resource.
func lacks(cause reason.Reason, resource string) bool {
	return strings.Contains(cause.Message, "Insufficient "+resource)
}

// canFallBack reports whether another image can be used.
func (s *Session) canFallBack() bool {
	return s.spec.Fallback && s.spec.JobImage != "" && s.spec.JobImage != s.spec.Image
}

// useJobImage switches to the image of the job, if that is allowed.
func (s *Session) useJobImage(refusal string) bool {
	if !s.canFallBack() {
		return false
	}
	s.unpullable = fmt.Sprintf("helper image %s cannot be used: %s", s.spec.Image, refusal)
	s.report(fmt.Sprintf("Note: %s; retrying with the image of the job, %s", s.unpullable, s.spec.JobImage))
	s.spec.Image, s.spec.Fallback = s.spec.JobImage, false
	return true
}

// withFirstFailure adds the failure of the first image to the error of the second.
func (s *Session) withFirstFailure(err error) error {
	if s.unpullable == "" {
		return err
	}
	return fmt.Errorf("%w (%s)", err, s.unpullable)
}
