package helper

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/kubectl-batch/kubectl-batch/pkg/follow"
	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

// startLimit is how long a helper may take to start: a node may have to be
// added and an image pulled.
const startLimit = 5 * time.Minute

// errSlow is the cause of giving up at startLimit.
var errSlow = errors.New("it did not start within " + startLimit.String())

// errNoRoom says that no node has room for a helper of this size.
var errNoRoom = errors.New("no node has room for it")

// ready waits until the helper's container runs, and says why it does not yet.
func (s *Session) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startLimit, errSlow)
	defer cancel()
	var pods follow.Set[*corev1.Pod]
	var warnings follow.Set[*corev1.Event]
	poked, failed := make(chan struct{}, 1), make(chan error, 1)
	poke := func() {
		select {
		case poked <- struct{}{}:
		default:
		}
	}
	ns := s.spec.Namespace
	this := metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("metadata.name", s.pod.Name).String()}
	go func() { failed <- follow.Keep(ctx, s.client.CoreV1().Pods(ns), this, &pods, poke, s.lost) }()
	go func() {
		_ = follow.Keep(ctx, s.client.CoreV1().Events(ns), metav1.ListOptions{FieldSelector: "type=Warning"}, &warnings, poke, func(error) {})
	}()
	waiting := waiter{session: s, said: map[string]bool{}}
	for {
		select {
		case err := <-failed:
			return waiting.gaveUp(ctx, err)
		case <-poked:
			if done, err := waiting.look(pods.All(), warnings.All(), len(pods.Gone()) > 0); done || err != nil {
				return err
			}
		}
	}
}

func (s *Session) lost(err error) {
	s.say(fmt.Sprintf("lost the connection to the cluster (%v); trying again", err))
}

// waiter watches one pod start.
type waiter struct {
	session *Session
	last    reason.Reason
	said    map[string]bool // by code: some alternate as long as it lasts
}

func (w *waiter) look(pods []*corev1.Pod, warnings []*corev1.Event, gone bool) (done bool, err error) {
	if len(pods) == 0 {
		if gone {
			return false, fmt.Errorf("helper pod %q was deleted while it started", w.session.pod.Name)
		}
		return false, nil
	}
	pod := pods[0]
	switch pod.Status.Phase {
	case corev1.PodRunning:
		return true, nil
	case corev1.PodSucceeded, corev1.PodFailed:
		return false, w.ended(pod)
	default:
		return false, w.tell(reason.OfPod(pod, warnings))
	}
}

// ended explains a helper that ended while it started.
func (w *waiter) ended(pod *corev1.Pod) error {
	hint := ""
	if reason.NotStarted(pod) {
		hint = fmt.Sprintf(" (its image %s must have sh, sleep and tar; --helper-image names another)", w.session.spec.Image)
	}
	return fmt.Errorf("helper pod %q ended before it was used%s: %s", pod.Name, hint, reason.OfEnd(pod))
}

// tell says a reason once, and ends the wait where it cannot come right.
func (w *waiter) tell(why reason.Reason) error {
	if !why.Known() || why == w.last {
		return nil
	}
	w.last = why
	if why.Hopeless {
		return fmt.Errorf("helper pod %q cannot start: %s", w.session.pod.Name, why)
	}
	if w.session.large() && (strings.Contains(why.Message, "Insufficient cpu") || strings.Contains(why.Message, "Insufficient memory")) {
		w.session.say(fmt.Sprintf("helper pod %s: %s; trying a smaller one", w.session.pod.Name, why))
		return errNoRoom
	}
	if !w.said[why.Code] {
		w.said[why.Code] = true
		w.session.say(fmt.Sprintf("helper pod %s does not run yet: %s", w.session.pod.Name, why))
	}
	return nil
}

func (w *waiter) gaveUp(ctx context.Context, err error) error {
	if !errors.Is(context.Cause(ctx), errSlow) {
		return err
	}
	if w.last.Known() {
		return fmt.Errorf("helper pod %q: %w: %s", w.session.pod.Name, errSlow, w.last)
	}
	return fmt.Errorf("helper pod %q: %w", w.session.pod.Name, errSlow)
}
