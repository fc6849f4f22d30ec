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
