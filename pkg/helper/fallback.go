package helper

import (
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

// least is how small a helper is made where there is no room for a larger one:
// millicores and bytes.
const (
	leastCPU    = 100
	leastMemory = 64 << 20
)

// large reports whether the helper can be made smaller.
func (s *Session) large() bool {
	return s.spec.CPU.MilliValue() > leastCPU || s.spec.Memory.Value() > leastMemory
}

// shrink halves the helper, which is said once; false where it is as small as it gets.
func (s *Session) shrink(why string) bool {
	if !s.large() {
		return false
	}
	cpu, memory := s.spec.CPU.MilliValue(), s.spec.Memory.Value()
	s.spec.CPU = *resource.NewMilliQuantity(min(cpu, max(cpu/2, leastCPU)), resource.DecimalSI)
	s.spec.Memory = *resource.NewQuantity(min(memory, max(memory/2, leastMemory)), resource.BinarySI)
	if !s.shrunk {
		s.say("Note: " + why + "; retrying with a smaller helper pod")
	}
	s.shrunk = true
	return true
}

// another changes the Spec so that it may start where the last one could not.
func (s *Session) another(err error) bool {
	if full, ok := errors.AsType[*noRoomError](err); ok {
		return s.smallerFits(full.why) && s.shrink(full.Error())
	}
	if image, ok := errors.AsType[*pullError](err); ok {
		return s.useJobImage(image.why.String())
	}
	return false
}

// smallerFits reports whether a smaller helper might find a node. Nodes count
// requests, and that of CPU is small already.
func (s *Session) smallerFits(why reason.Reason) bool {
	return s.large() && (lacks(why, "memory") || s.spec.RequestCPU && lacks(why, "cpu"))
}

// lacks reports whether the scheduler says that nodes have too little of a resource.
func lacks(why reason.Reason, resource string) bool {
	return strings.Contains(why.Message, "Insufficient "+resource)
}

// canFallBack reports whether there is an image to try in the place of this one.
func (s *Session) canFallBack() bool {
	return s.spec.Fallback && s.spec.JobImage != "" && s.spec.JobImage != s.spec.Image
}

// useJobImage goes on with the image of the job, where that is allowed.
func (s *Session) useJobImage(why string) bool {
	if !s.canFallBack() {
		return false
	}
	s.unpullable = fmt.Sprintf("helper image %s cannot be used: %s", s.spec.Image, why)
	s.say(fmt.Sprintf("Note: %s; retrying with the image of the job, %s", s.unpullable, s.spec.JobImage))
	s.spec.Image, s.spec.Fallback = s.spec.JobImage, false
	return true
}

// both adds to the error of a second image what was wrong with the first.
func (s *Session) both(err error) error {
	if s.unpullable == "" {
		return err
	}
	return fmt.Errorf("%w (%s)", err, s.unpullable)
}
