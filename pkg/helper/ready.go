package helper

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/watcher"
)

const (
	// DefaultStartLimit is how long a helper pod may take to start, including a new node
	// and the pull of an image.
	DefaultStartLimit = 5 * time.Minute
	// roomTimeout is how long a Hasty session waits for a node with room:
	// pods that were just deleted may still hold resources.
	roomTimeout = 10 * time.Second
)

// errFull is the cause after roomTimeout.
var errFull = errors.New("was not scheduled within " + roomTimeout.String())

// slowError is the cause after Spec.StartLimit.
type slowError struct{ limit time.Duration }

func (e *slowError) Error() string { return "did not start within " + e.limit.String() }

// ready waits until the container of the helper pod runs, and reports why it does not run yet.
func (s *Session) ready(parent context.Context) error {
	limited, done := context.WithTimeoutCause(parent, s.spec.startLimit(), &slowError{s.spec.startLimit()})
	defer done()
	ctx, stop := context.WithCancelCause(limited)
	defer stop(nil)
	var pods watcher.Set[*corev1.Pod]
	var ofPod, ofClaim watcher.Set[*corev1.Event]
	changed, failed := make(chan struct{}, 1), make(chan error, 1)
	notify := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	go func() {
		failed <- watcher.Follow(ctx, s.client.CoreV1().Pods(s.spec.Namespace), fieldOf("metadata.name", s.pod.Name), &pods, notify, s.reportLostConnection)
	}()
	go s.followEvents(ctx, fieldOf("involvedObject.name", s.pod.Name), &ofPod, notify)
	go s.followEvents(ctx, fieldOf("involvedObject.name", s.spec.Claim), &ofClaim, notify)
	waiting := waiter{session: s, reported: map[string]bool{}, giveUp: stop}
	defer waiting.stopRoomTimer()
	for {
		select {
		case err := <-failed:
			return waiting.explainTimeout(ctx, err)
		case <-ctx.Done():
			return waiting.explainTimeout(ctx, ctx.Err())
		case <-changed:
			if running, err := waiting.check(pods.All(), slices.Concat(ofPod.All(), ofClaim.All()), len(pods.Gone()) > 0); running || err != nil {
				return err
			}
		}
	}
}

// followEvents keeps events up to date that explain what the pod waits for. Without the right to list
// events, only messages are missing.
func (s *Session) followEvents(ctx context.Context, options metav1.ListOptions, events *watcher.Set[*corev1.Event], notify func()) {
	_ = watcher.Follow(ctx, s.client.CoreV1().Events(s.spec.Namespace), options, events, notify, func(error) {})
}

func fieldOf(name, value string) metav1.ListOptions {
	return metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector(name, value).String()}
}

func (s *Session) reportLostConnection(err error) {
	s.report(fmt.Sprintf("Lost the connection to the cluster: %v; retrying", err))
}
