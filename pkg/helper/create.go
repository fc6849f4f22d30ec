package helper

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilrand "k8s.io/apimachinery/pkg/util/rand"
)

// answered is how long the answer to a create is waited for after Ctrl-C: a pod
// of which the UID is known can be taken away for certain.
const answered = 700 * time.Millisecond

// create retries with less where admission refuses: smaller where a quota or
// LimitRange does, with the whole limit as request where a LimitRange asks for it, with the job's image or not as root where a policy does.
func (s *Session) create(ctx context.Context) error {
	for {
		err := s.ask(ctx)
		switch {
		case err == nil:
			return nil
		case s.adapt(err):
		case aboutRoom(err):
			return s.both(&NoPodError{Reason: err.Error(), cause: fmt.Errorf("creating the helper pod: %w", err)})
		default:
			return s.both(fmt.Errorf("creating the helper pod: %w", err))
		}
	}
}

// adapt changes the pod to what a refusal asks for. It reports whether another attempt can succeed.
func (s *Session) adapt(refusal error) bool {
	switch {
	case apierrors.IsAlreadyExists(refusal):
		return true // a pod of another fetch: the next attempt has another name
	case aboutRequest(refusal) && !s.spec.RequestCPU:
		s.spec.RequestCPU = true
		return true
	case aboutSize(refusal) && s.shrink(refusal.Error()), aboutImage(refusal) && s.useJobImage(refusal.Error()):
		return true
	case aboutUser(refusal) && s.spec.Identity.Root():
		s.spec.Identity = s.spec.Identity.Nobody()
		s.say(fmt.Sprintf("Note: %v; retrying as user %d, which may not be able to read all files", refusal, nobody))
		return true
	}
	return false
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
