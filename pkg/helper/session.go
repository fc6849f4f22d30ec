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

// removalTimeout limits the deletion of a helper pod, because it delays the exit after Ctrl-C.
const removalTimeout = 10 * time.Second

// deadlineMargin is how long before its deadline a helper pod is replaced.
const deadlineMargin = time.Minute

// Session manages a helper pod. It is not for concurrent use.
type Session struct {
	client clients.Interface
	// exec runs checks in the pods of other sessions; with nil, no such pod is reused.
	exec          transport.Executor
	spec          Spec
	report        func(string)
	reportWaiting func(Waiting)
	clock         clock.PassiveClock

	// pod is the helper pod. ran: it has run. kept: an earlier session kept it.
	pod         *corev1.Pod
	ran, isKept bool
	// deadline is the deadline of pod.
	deadline time.Time
	// unconfirmed is the name of a pod whose creation was requested, but
	// whose response was lost; "" for none.
	unconfirmed string
	// token is the value of the annotation by which this session acquired pod; "" for a pod
	// that it created.
	token string
	// key identifies the sessions that may reuse each other's pods.
	key string
	// shrunk and unpullable record earlier attempts.
	shrunk     bool
	raises     int
	unpullable string
}

// NewSession returns a session that creates its pod when it is first needed, or reuses
// an unused pod of an earlier fetch of the same owner. exec runs checks in such pods; with nil, none is reused.
// clock is the clock of the cluster. say receives notes for the user, such as why the pod does not start.
func NewSession(client clients.Interface, exec transport.Executor, clock clock.PassiveClock, spec Spec, report func(string)) *Session {
	s := &Session{client: client, exec: exec, spec: spec, report: report, reportWaiting: func(Waiting) {}, clock: clock, key: spec.key()}
	s.spec.use = s.key
	return s
}

// SetWaitingReporter sets a function that is called whenever the helper pod waits for something else while
// Locate starts it. It is for a progress display.
func (s *Session) SetWaitingReporter(report func(Waiting)) { s.reportWaiting = report }

// Locate returns the running helper container. It creates the pod if there is none, if the last one
// was lost (evicted, deleted, its node lost), and if its deadline is near.
// A new pod runs on node; "" lets the scheduler choose.
// The pod of an earlier session of the same owner is reused.
//
// Besides the API's errors, it returns a *NoPodError if the cluster has no
// room and a *NoShellError if the image has no shell. After an error for
// which watcher.Passing holds, Locate can be called again.
func (s *Session) Locate(ctx context.Context, node string) (transport.Container, error) {
	if s.unconfirmed != "" {
		if err := s.findUnconfirmed(ctx); err != nil {
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
		s.reuseHelper(ctx)
	}
	if s.pod == nil || !s.ran {
		if err := s.start(ctx); err != nil {
			return transport.Container{}, err
		}
	}
	return transport.Container{Namespace: s.spec.Namespace, Pod: s.pod.Name, Name: Container}, nil
}

// findUnconfirmed looks up the pod whose creation was not confirmed.
func (s *Session) findUnconfirmed(ctx context.Context) error {
	pod, err := s.client.CoreV1().Pods(s.spec.Namespace).Get(ctx, s.unconfirmed, metav1.GetOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("reading helper pod %q: %w", s.unconfirmed, err)
	}
	s.unconfirmed = ""
	if err == nil {
		s.usePod(pod)
	}
	return nil
}

// usePod makes pod the new helper pod of the session.
func (s *Session) usePod(pod *corev1.Pod) {
	s.pod, s.token = pod, ""
	s.ran, s.isKept = false, false
	s.deadline = s.clock.Now().Add(s.spec.lifetime())
}

// recheck checks that the helper pod still exists and belongs to this session, and discards one that is lost.
func (s *Session) recheck(ctx context.Context) error {
	pod, err := s.client.CoreV1().Pods(s.spec.Namespace).Get(ctx, s.pod.Name, metav1.GetOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("reading helper pod %q: %w", s.pod.Name, err)
	}
	if apierrors.IsNotFound(err) || pod.UID != s.pod.UID {
		pod = nil
	}
	if pod != nil && s.isTaken(pod) {
		s.report(fmt.Sprintf("Helper pod %s is used by another fetch of yours; creating a new one", pod.Name))
		s.pod = nil
		return nil
	}
	var problem string
	switch {
	case pod == nil || !usable(pod):
		problem = "was lost" + endCause(pod)
		s.spec.Parent = nil // if the pod was deleted with its job, the new one would be deleted, too
	case s.clock.Now().After(s.deadline.Add(-deadlineMargin)):
		problem = "reaches its deadline soon"
	default:
		return nil
	}
	s.report(fmt.Sprintf("Helper pod %s %s; creating a new one", s.pod.Name, problem))
	return s.discard(ctx)
}

// usable reports whether a helper pod runs or may still run. A pod on a node that does not
// respond keeps the phase Running, but it is no longer ready.
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

// endCause returns, in parentheses, why a lost pod ended; "" if unknown.
func endCause(pod *corev1.Pod) string {
	if pod == nil {
		return ""
	}
	if cause := reason.OfEnd(pod); cause != "" {
		return " (" + cause + ")"
	}
	return ""
}

// start creates the pod, unless it exists and has only to start, and waits
// until it runs. A pod that cannot start is replaced: by a smaller one if
// nodes have no room (a job may fill the only node that has its volume),
// by one with another image if there is one.
func (s *Session) start(ctx context.Context) error {
	for {
		if s.pod == nil {
			s.reportWaiting(Waiting{Reason: "creating the helper pod"})
			if err := s.create(ctx); err != nil {
				return err
			}
		}
		err := s.ready(ctx)
		if err == nil {
			s.ran = true
			return nil
		}
		if !s.adaptToFailure(err) {
			return s.withFirstFailure(err)
		}
		if err := s.discard(ctx); err != nil {
			return err
		}
	}
}

// Close deletes the helper pod, also if ctx is done. It leaves a running pod
// with Spec.Keep, and a pod that an earlier session kept.
func (s *Session) Close(ctx context.Context) error {
	if s.isKept || s.spec.Keep && s.ran {
		s.pod = nil
		return nil
	}
	if s.ran && s.wasTaken(ctx) {
		s.pod = nil
		return nil
	}
	return s.discard(ctx)
}

// wasTaken reports whether another session has acquired the helper pod in the meantime.
func (s *Session) wasTaken(ctx context.Context) bool {
	if s.pod == nil {
		return false
	}
	ctx, cancel := interrupt.Tidy(ctx, removalTimeout)
	defer cancel()
	pod, err := s.client.CoreV1().Pods(s.spec.Namespace).Get(ctx, s.pod.Name, metav1.GetOptions{})
	return err == nil && pod.UID == s.pod.UID && s.isTaken(pod)
}

// discard deletes the helper pod, also one whose creation was not confirmed.
func (s *Session) discard(ctx context.Context) error {
	pod := s.pod
	if pod == nil && s.unconfirmed != "" {
		pod = &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: s.spec.Namespace, Name: s.unconfirmed}}
	}
	if pod == nil {
		return nil
	}
	tidy, cancel := interrupt.Tidy(ctx, removalTimeout)
	defer cancel()
	if err := remove(tidy, s.client, pod); err != nil {
		return fmt.Errorf("deleting helper pod %q: %w; the pod ends by itself", pod.Name, interrupt.Explain(ctx, err))
	}
	s.pod, s.unconfirmed = nil, ""
	return nil
}

// remove uses no grace period: the helper pod has nothing to finish, and a pod that
// remains visible for seconds looks like a leftover.
func remove(ctx context.Context, client clients.Interface, pod *corev1.Pod) error {
	gracePeriod := int64(0)
	options := metav1.DeleteOptions{GracePeriodSeconds: &gracePeriod}
	if pod.UID != "" { // otherwise the name is unique to this session
		options.Preconditions = metav1.NewUIDPreconditions(string(pod.UID))
	}
	err := client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, options)
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil // deleted, or replaced by another pod of this name
	}
	return err
}
