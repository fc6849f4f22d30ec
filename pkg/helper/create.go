package helper

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilrand "k8s.io/apimachinery/pkg/util/rand"

	"github.com/kubectl-batch/kubectl-batch/pkg/follow"
)

// least is how small a helper is made where there is no room for a larger one:
// millicores and bytes.
const (
	leastCPU    = 100
	leastMemory = 64 << 20
)

// answered is how long the answer to a create is waited for after Ctrl-C: a pod
// of which the UID is known can be taken away for certain.
const answered = 3 * time.Second

// create retries with less where admission refuses: smaller where a quota or
// LimitRange does, with the job's image or not as root where a policy does.
func (s *Session) create(ctx context.Context) error {
	for {
		err := s.ask(ctx)
		switch {
		case err == nil:
			return nil
		case apierrors.IsAlreadyExists(err):
			// Another's pod: the next name is another.
		case aboutSize(err) && s.shrink(err.Error()):
		case aboutImage(err) && s.useJobImage(err.Error()):
		case aboutUser(err) && s.spec.Identity.Root():
			s.spec.Identity = s.spec.Identity.Nobody()
			s.say(fmt.Sprintf("%v; trying as user %d, who may not be able to read all files", err, nobody))
		case aboutRoom(err):
			return s.both(&NoPodError{Reason: err.Error(), cause: fmt.Errorf("making a helper pod: %w", err)})
		default:
			return s.both(fmt.Errorf("making a helper pod: %w", err))
		}
	}
}

// ask makes a pod with a name of its own, so that it can be found and deleted
// where the answer does not come.
func (s *Session) ask(ctx context.Context) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	patient, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(answered, cancel) })()
	pod := s.spec.Pod(utilrand.SafeEncodeString(rand.Text()[:randomLength]))
	s.asked = pod.Name
	made, err := s.client.CoreV1().Pods(s.spec.Namespace).Create(patient, pod, metav1.CreateOptions{})
	if err == nil {
		s.asked = ""
		s.has(made)
	} else if refused(err) {
		s.asked = ""
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// refused reports whether err is the cluster's own answer, so that nothing was made.
func refused(err error) bool {
	var status apierrors.APIStatus
	return errors.As(err, &status) && !follow.Passing(err)
}

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
		s.say(why + "; trying a smaller helper pod")
	}
	s.shrunk = true
	return true
}

// another changes the Spec so that it may start where the last one could not.
func (s *Session) another(err error) bool {
	if full, ok := errors.AsType[*noRoomError](err); ok {
		return s.shrink(full.Error())
	}
	if image, ok := errors.AsType[*pullError](err); ok {
		return s.useJobImage(image.why.String())
	}
	return false
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
	s.say(fmt.Sprintf("%s; trying the job's own, %s", s.unpullable, s.spec.JobImage))
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

// aboutSize reports whether a quota or a LimitRange refused a pod for being too
// large; the API has no code for it (plugin/pkg/admission of Kubernetes).
func aboutSize(err error) bool {
	text := err.Error()
	quota := strings.Contains(text, "exceeded quota") && (strings.Contains(text, "cpu") || strings.Contains(text, "memory"))
	return apierrors.IsForbidden(err) && (quota || strings.Contains(text, "maximum cpu usage") || strings.Contains(text, "maximum memory usage"))
}

// aboutRoom reports whether a quota or a LimitRange refused a pod at all.
func aboutRoom(err error) bool {
	return apierrors.IsForbidden(err) && has(err, "exceeded quota", "failed quota", "usage per Container", "usage per Pod")
}

// aboutImage reports whether a policy refused the image: a webhook, or the
// image policy of the API server.
func aboutImage(err error) bool {
	return denied(err) && has(err, "image", "Image", "registry", "Registry")
}

// aboutUser reports whether admission, and not missing rights, refused a pod.
func aboutUser(err error) bool {
	return denied(err) && !aboutRoom(err) && !has(err, "cannot create resource", "being terminated")
}

// denied reports whether a pod was refused. A webhook without a code of its own
// answers with 400, a ValidatingAdmissionPolicy with 422.
func denied(err error) bool {
	return apierrors.IsForbidden(err) || has(err, "denied the request", "denied request")
}

func has(err error, texts ...string) bool {
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(err.Error(), text) })
}
