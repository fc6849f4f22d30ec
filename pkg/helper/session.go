package helper

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"

	"github.com/kubectl-batch/kubectl-batch/pkg/interrupt"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// removal is how long deleting a helper may take: it must not hold up Ctrl-C.
const removal = 10 * time.Second

// margin is how long before its deadline a helper is no longer begun with.
const margin = time.Minute

// Session has a helper pod for as long as it is open. It is not for concurrent use.
type Session struct {
	client clients.Interface
	// exec looks into helpers of other sessions; nil takes none of them.
	exec  transport.Executor
	spec  Spec
	say   func(string)
	waits func(Waiting)
	clock clock.PassiveClock

	// pod is the helper; ran says that it has run, found that another session made it.
	pod        *corev1.Pod
	ran, found bool
	// ends is the deadline of pod.
	ends time.Time
	// asked is the name of a pod that was asked for and may have been made: the
	// answer never came.
	asked string
	// token is the value of the annotation by which pod is this session's; "" for one
	// that it created.
	token string
	// key tells who may use the helper of another session.
	key string
	// shrunk and unpullable say what was tried before.
	shrunk     bool
	unpullable string
}

// NewSession returns a session that creates its pod when it is first needed, or takes
// one that an earlier fetch of the same owner left and no client uses. exec looks
// into such pods; nil takes none. clock is that of the cluster. say is told why the pod does not start, in the
// cluster's words.
func NewSession(client clients.Interface, exec transport.Executor, clock clock.PassiveClock, spec Spec, say func(string)) *Session {
	s := &Session{client: client, exec: exec, spec: spec, say: say, waits: func(Waiting) {}, clock: clock, key: spec.key()}
	s.spec.use = s.key
	return s
}

// Waits has tell called with each change of what the helper is waiting for while
// Locate starts it; it is for a live line.
func (s *Session) Waits(tell func(Waiting)) { s.waits = tell }

// Locate returns the running helper, and makes it first where there is none,
// where the last one was lost (evicted, deleted, its node gone), and where its
// deadline has come. A new one goes to node; "" leaves that to the scheduler.
// A helper that an earlier session of the same owner left is used again.
//
// Beside the API's own errors it returns a *NoPodError where the cluster has no
// room and a *NoShellError where the image cannot be a helper. An error for
// which watcher.Passing holds may go away: Locate can be called again.
func (s *Session) Locate(ctx context.Context, node string) (transport.Container, error) {
	if s.asked != "" {
		if err := s.find(ctx); err != nil {
			return transport.Container{}, err
		}
	}
	if s.pod != nil {
		if err := s.recheck(ctx); err != nil {
			return transport.Container{}, err
		}
	}
	if s.pod == nil {
		s.spec.Node = node
		s.takeOver(ctx)
	}
	if s.pod == nil || !s.ran {
		if err := s.start(ctx); err != nil {
			return transport.Container{}, err
		}
	}
	return transport.Container{Namespace: s.spec.Namespace, Pod: s.pod.Name, Name: Container}, nil
}

// find looks for the pod whose creation was not answered.
func (s *Session) find(ctx context.Context) error {
	pod, err := s.client.CoreV1().Pods(s.spec.Namespace).Get(ctx, s.asked, metav1.GetOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("reading helper pod %q: %w", s.asked, err)
	}
	if s.asked = ""; err == nil {
		s.has(pod)
	}
	return nil
}

// has makes pod the session's.
func (s *Session) has(pod *corev1.Pod) {
	s.pod, s.token, s.ran, s.found, s.ends = pod, "", false, false, s.clock.Now().Add(s.spec.lifetime())
}

// recheck looks after a helper that was there, and gives up one that is lost.
func (s *Session) recheck(ctx context.Context) error {
	pod, err := s.client.CoreV1().Pods(s.spec.Namespace).Get(ctx, s.pod.Name, metav1.GetOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("reading helper pod %q: %w", s.pod.Name, err)
	}
	if apierrors.IsNotFound(err) || pod.UID != s.pod.UID {
		pod = nil
	}
	if pod != nil && s.taken(pod) {
		s.say(fmt.Sprintf("Helper pod %s is used by another fetch of yours; creating a new one", pod.Name))
		s.pod = nil
		return nil
	}
	var why string
	switch {
	case pod == nil || !usable(pod):
		why = "was lost" + inWords(pod)
		s.spec.Parent = nil // if it went with its job, so would the new one
	case s.clock.Now().After(s.ends.Add(-margin)):
		why = "reaches its deadline soon"
	default:
		return nil
	}
	s.say(fmt.Sprintf("Helper pod %s %s; creating a new one", s.pod.Name, why))
	return s.discard(ctx)
}

// usable reports whether a helper runs or may yet. One on a node that does not
// answer goes on saying that it runs, but it is no longer ready.
func usable(pod *corev1.Pod) bool {
	if pod.DeletionTimestamp != nil {
		return false
	}
	switch pod.Status.Phase {
	case corev1.PodPending, "":
		return true
	case corev1.PodRunning:
		return !lostNode(pod)
	default:
		return false
	}
}

func lostNode(pod *corev1.Pod) bool {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady && condition.Status != corev1.ConditionTrue {
			return pod.Status.Phase == corev1.PodRunning
		}
	}
	return false
}

// inWords is what the cluster says of a pod that is lost.
func inWords(pod *corev1.Pod) string {
	if pod == nil {
		return ""
	}
	if why := reason.OfEnd(pod); why != "" {
		return " (" + why + ")"
	}
	return ""
}

// start makes the pod, unless there is one that has only to start, and waits
// until it runs. What cannot start is replaced: by a smaller one where
// the nodes have no room, such as the one that a job fills whose volume is only
// there; by one of another image where there is one.
func (s *Session) start(ctx context.Context) error {
	for {
		if s.pod == nil {
			s.waits(Waiting{Reason: "creating the helper pod"})
			if err := s.create(ctx); err != nil {
				return err
			}
		}
		err := s.ready(ctx)
		if err == nil {
			s.ran = true
			return nil
		}
		if !s.another(err) {
			return s.both(err)
		}
		if err := s.discard(ctx); err != nil {
			return err
		}
	}
}

// Close deletes the helper, also when ctx is done already. One that runs stays
// where the Spec says Keep, and so does one that another session made.
func (s *Session) Close(ctx context.Context) error {
	if s.found || s.spec.Keep && s.ran {
		s.pod = nil
		return nil
	}
	if s.ran && s.wasTaken(ctx) {
		s.pod = nil
		return nil
	}
	return s.discard(ctx)
}

// wasTaken asks whether another session has taken the helper in the meantime.
func (s *Session) wasTaken(ctx context.Context) bool {
	if s.pod == nil {
		return false
	}
	ctx, cancel := interrupt.Tidy(ctx, removal)
	defer cancel()
	pod, err := s.client.CoreV1().Pods(s.spec.Namespace).Get(ctx, s.pod.Name, metav1.GetOptions{})
	return err == nil && pod.UID == s.pod.UID && s.taken(pod)
}

// discard deletes the helper, and one that may have been made.
func (s *Session) discard(ctx context.Context) error {
	pod := s.pod
	if pod == nil && s.asked != "" {
		pod = &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: s.spec.Namespace, Name: s.asked}}
	}
	if pod == nil {
		return nil
	}
	tidy, cancel := interrupt.Tidy(ctx, removal)
	defer cancel()
	if err := remove(tidy, s.client, pod); err != nil {
		return fmt.Errorf("deleting helper pod %q: %w; the pod ends by itself", pod.Name, interrupt.Explain(ctx, err))
	}
	s.pod, s.asked = nil, ""
	return nil
}

// remove leaves no grace: the helper has nothing to finish, and a pod that is
// seen for seconds after it was deleted looks like one that was left behind.
func remove(ctx context.Context, client clients.Interface, pod *corev1.Pod) error {
	now := int64(0)
	options := metav1.DeleteOptions{GracePeriodSeconds: &now}
	if pod.UID != "" { // else its name alone is this session's own
		options.Preconditions = metav1.NewUIDPreconditions(string(pod.UID))
	}
	err := client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, options)
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil // it is gone, or another has its name
	}
	return err
}
