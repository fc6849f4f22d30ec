package helper

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// removal is how long deleting a helper may take: it must not hold up Ctrl-C.
const removal = 10 * time.Second

// least is how small a helper is made where there is no room for a larger one:
// millicores and bytes.
const (
	leastCPU    = 100
	leastMemory = 64 << 20
)

// Session has a helper pod for as long as it is open. It is not for concurrent use.
type Session struct {
	client kubernetes.Interface
	spec   Spec
	say    func(string)
	pod    *corev1.Pod
}

// NewSession returns a session that makes its pod when it is first needed. say
// is told why the pod does not start, in the cluster's words.
func NewSession(client kubernetes.Interface, spec Spec, say func(string)) *Session {
	return &Session{client: client, spec: spec, say: say}
}

// Locate returns the running helper, and makes it first where there is none or
// where the last one was lost (evicted, its node gone, deleted). A new one goes
// to node; "" leaves that to the scheduler.
func (s *Session) Locate(ctx context.Context, node string) (transport.Container, error) {
	if s.pod != nil {
		pod, err := s.client.CoreV1().Pods(s.spec.Namespace).Get(ctx, s.pod.Name, metav1.GetOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			return transport.Container{}, fmt.Errorf("looking for helper pod %q: %w", s.pod.Name, err)
		}
		if err == nil && pod.UID == s.pod.UID && pod.DeletionTimestamp == nil && pod.Status.Phase == corev1.PodRunning {
			return s.container(), nil
		}
		s.say(fmt.Sprintf("helper pod %s was lost; making a new one", s.pod.Name))
		if err := s.Close(ctx); err != nil {
			return transport.Container{}, err
		}
		s.spec.Parent = nil // if it went with its job, so would the new one
	}
	s.spec.Node = node
	if err := s.start(ctx); err != nil {
		return transport.Container{}, err
	}
	return s.container(), nil
}

func (s *Session) container() transport.Container {
	return transport.Container{Namespace: s.spec.Namespace, Pod: s.pod.Name, Name: Container}
}

// start makes the pod and waits until it runs; a smaller one where the nodes
// have no room, such as the one that a job fills whose volume is only there.
func (s *Session) start(ctx context.Context) error {
	for {
		pod, err := s.create(ctx)
		if err != nil {
			return err
		}
		s.pod = pod
		err = s.ready(ctx)
		if !errors.Is(err, errNoRoom) || !s.shrink() {
			return err
		}
		if err := s.Close(ctx); err != nil {
			return err
		}
	}
}

// create retries with less where admission refuses: smaller where a quota or
// LimitRange does, not as root where a policy does.
func (s *Session) create(ctx context.Context) (*corev1.Pod, error) {
	for {
		pod, err := s.client.CoreV1().Pods(s.spec.Namespace).Create(ctx, s.spec.Pod(), metav1.CreateOptions{})
		switch {
		case err == nil:
			return pod, nil
		case aboutSize(err) && s.shrink():
			s.say(fmt.Sprintf("%v; trying a smaller helper pod", err))
		case aboutUser(err) && s.spec.Identity.Root():
			s.spec.Identity = s.spec.Identity.Nobody()
			s.say(fmt.Sprintf("%v; trying as user %d, who may not be able to read all files", err, nobody))
		default:
			return nil, fmt.Errorf("making a helper pod: %w", err)
		}
	}
}

// large reports whether the helper can be made smaller.
func (s *Session) large() bool {
	return s.spec.CPU.MilliValue() > leastCPU || s.spec.Memory.Value() > leastMemory
}

// shrink halves the helper; false where it is as small as it gets.
func (s *Session) shrink() bool {
	if !s.large() {
		return false
	}
	cpu, memory := s.spec.CPU.MilliValue(), s.spec.Memory.Value()
	s.spec.CPU = *resource.NewMilliQuantity(min(cpu, max(cpu/2, leastCPU)), resource.DecimalSI)
	s.spec.Memory = *resource.NewQuantity(min(memory, max(memory/2, leastMemory)), resource.BinarySI)
	return true
}

// aboutSize reports whether a quota or a LimitRange refused a pod for being too
// large; the API has no code for it (plugin/pkg/admission of Kubernetes).
func aboutSize(err error) bool {
	text := err.Error()
	quota := strings.Contains(text, "exceeded quota") && (strings.Contains(text, "cpu") || strings.Contains(text, "memory"))
	return apierrors.IsForbidden(err) && (quota || strings.Contains(text, "maximum cpu usage") || strings.Contains(text, "maximum memory usage"))
}

// aboutUser reports whether admission, and not missing rights, refused a pod.
func aboutUser(err error) bool {
	other := []string{"cannot create resource", "exceeded quota", "usage per Container", "usage per Pod", "being terminated"}
	return apierrors.IsForbidden(err) && !slices.ContainsFunc(other, func(text string) bool { return strings.Contains(err.Error(), text) })
}

// Close deletes the helper, also when ctx is done already.
func (s *Session) Close(ctx context.Context) error {
	if s.pod == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removal)
	defer cancel()
	if err := remove(ctx, s.client, s.pod); err != nil {
		return fmt.Errorf("removing helper pod %q (it ends by itself): %w", s.pod.Name, err)
	}
	s.pod = nil
	return nil
}

// remove leaves no grace: the helper has nothing to finish, and a pod that is
// seen for seconds after it was deleted looks like one that was left behind.
func remove(ctx context.Context, client kubernetes.Interface, pod *corev1.Pod) error {
	now := int64(0)
	err := client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{
		GracePeriodSeconds: &now, Preconditions: metav1.NewUIDPreconditions(string(pod.UID)),
	})
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil // it is gone, or another has its name
	}
	return err
}
