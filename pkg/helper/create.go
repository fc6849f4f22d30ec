package helper

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilrand "k8s.io/apimachinery/pkg/util/rand"
)

// answerTimeout is how long the response to a create request is awaited after Ctrl-C: only a pod whose UID
// is known can be deleted safely.
const answerTimeout = 700 * time.Millisecond

// create creates the pod. It retries with a changed pod when admission refuses it; see adaptToRefusal.
func (s *Session) create(ctx context.Context) error {
	for {
		err := s.requestPod(ctx)
		switch {
		case err == nil:
			return nil
		case s.adaptToRefusal(err):
		case aboutRoom(err):
			return s.withFirstFailure(&NoPodError{Reason: err.Error(), cause: fmt.Errorf("creating the helper pod: %w%s", err, advice(err))})
		default:
			return s.withFirstFailure(fmt.Errorf("creating the helper pod: %w%s", err, advice(err)))
		}
	}
}

// requestPod creates a pod with a unique name, so that it can be found and deleted
// if the response is lost.
func (s *Session) requestPod(ctx context.Context) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	patient, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(answerTimeout, cancel) })()
	pod := s.spec.Pod(utilrand.SafeEncodeString(rand.Text()[:randomLength]))
	s.unconfirmed = pod.Name
	created, err := s.client.CoreV1().Pods(s.spec.Namespace).Create(patient, pod, metav1.CreateOptions{})
	if err == nil {
		s.unconfirmed = ""
		s.usePod(created)
	} else if refused(err) {
		s.unconfirmed = ""
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
