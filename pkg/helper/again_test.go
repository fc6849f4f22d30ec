package helper_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/clock"

	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
)

func pods() schema.GroupVersionResource { return corev1.SchemeGroupVersion.WithResource("pods") }

// located runs do in a synctest bubble, with a session whose helper pods run a second after
// their creation.
func located(t *testing.T, cluster *faketest.Cluster, spec helper.Spec, do func(t *testing.T, s *helper.Session, locate func() string)) (got session) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cluster.Start()
		defer cluster.Stop()
		client, _ := cluster.Clientset()
		s := helper.NewSession(client, answers("idle serving"), clock.RealClock{}, spec, func(text string) { got.Said = append(got.Said, text) })
		do(t, s, func() string {
			createdBefore := len(cluster.Created())
			go func() {
				time.Sleep(time.Second)
				if len(cluster.Created()) > createdBefore {
					_ = becomes(cluster, running())()
				}
			}()
			container, err := s.Locate(t.Context(), "")
			if err != nil {
				t.Error(err)
			}
			return container.Pod
		})
		time.Sleep(time.Minute) // until all that was begun is done
	})
	got.Changes = cluster.Changes()
	got.numbered()
	return got
}

// A running helper pod is reused. A lost pod, a pod past its deadline and a pod on
// a node that does not respond are replaced.
func TestSessionAgain(t *testing.T) {
	for name, test := range map[string]struct {
		delay  time.Duration
		happen func(*faketest.Cluster, *corev1.Pod) error
		want   session
	}{
		"nothing": {time.Hour, nil, session{Changes: []string{made1, gone1}}},
		"it is deleted": {time.Hour, func(c *faketest.Cluster, pod *corev1.Pod) error { return c.Remove(pods(), pod.Name) }, session{
			Said: []string{"Helper pod fetch-1 was lost; creating a new one"}, Changes: []string{made1, gone1, made2, gone2},
		}},
		"its deadline is past": {6 * time.Hour, func(c *faketest.Cluster, pod *corev1.Pod) error {
			pod.Status = corev1.PodStatus{Phase: corev1.PodFailed, Reason: "DeadlineExceeded", Message: "Pod was active on the node longer than the specified deadline"}
			return c.Update(pods(), pod)
		}, session{
			Said: []string{"Helper pod fetch-1 was lost (DeadlineExceeded: Pod was active on the node longer than the specified deadline); creating a new one"}, Changes: []string{made1, gone1, made2, gone2},
		}},
		"its deadline is near": {helper.Lifetime - time.Minute, nil, session{
			Said: []string{"Helper pod fetch-1 reaches its deadline soon; creating a new one"}, Changes: []string{made1, gone1, made2, gone2},
		}},
		"its node is gone": {time.Hour, func(c *faketest.Cluster, pod *corev1.Pod) error {
			pod.Status = running()
			pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionFalse}}
			return c.Update(pods(), pod)
		}, session{
			Said: []string{"Helper pod fetch-1 was lost; creating a new one"}, Changes: []string{made1, gone1, made2, gone2},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			cluster := faketest.New()
			got := located(t, cluster, spec(), func(t *testing.T, s *helper.Session, locate func() string) {
				locate()
				time.Sleep(test.delay)
				if test.happen != nil {
					if err := test.happen(cluster, newest(cluster)); err != nil {
						t.Error(err)
					}
				}
				locate()
				locate()
				if err := s.Close(t.Context()); err != nil {
					t.Error(err)
				}
			})
			if diff := cmp.Diff(test.want, got, unmeasured()); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

// A pod whose creation was not confirmed is used if it exists. Otherwise it is deleted by
// its name, which is unique to this session.
func TestLostAnswer(t *testing.T) {
	for name, test := range map[string]struct {
		created bool
		retried bool
		want    []string
	}{
		"made, and used":         {true, true, []string{made1, gone1}},
		"made, and left":         {true, false, []string{made1, "delete pods fetch-1"}},
		"not made, and tried":    {false, true, []string{made1, made2, gone2}},
		"not made, and given up": {false, false, []string{made1, "delete pods fetch-1"}},
	} {
		t.Run(name, func(t *testing.T) {
			cluster := faketest.New()
			lose := true
			cluster.Admit("pods", func(object runtime.Object) error {
				pod := object.(*corev1.Pod).DeepCopy() //nolint:forcetypeassert // only pods are made here
				if pod.UID = faketest.UID(pod.Name); !lose {
					return nil
				}
				if lose = false; test.created {
					_ = cluster.Add(pod)
				}
				return apierrors.NewTimeoutError("the server is slow", 1)
			})
			got := located(t, cluster, spec(), func(t *testing.T, s *helper.Session, locate func() string) {
				if _, err := s.Locate(t.Context(), ""); !apierrors.IsTimeout(err) {
					t.Error(err)
				}
				if test.created && test.retried {
					go func() { _ = becomes(cluster, running())() }()
				}
				if test.retried {
					locate()
				}
				if err := s.Close(t.Context()); err != nil {
					t.Error(err)
				}
			})
			if diff := cmp.Diff(test.want, got.Changes); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

// A pod of the same name that another session created is kept. Ctrl-C during a creation
// leaves no pod.
func TestNames(t *testing.T) {
	cluster, taken := faketest.New(), true
	cluster.Admit("pods", func(runtime.Object) error {
		if taken {
			taken = false
			return apierrors.NewAlreadyExists(corev1.Resource("pods"), "fetch")
		}
		return nil
	})
	got := located(t, cluster, spec(), func(t *testing.T, s *helper.Session, locate func() string) {
		locate()
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	if diff := cmp.Diff([]string{made1, made2, gone2}, got.Changes); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cluster = faketest.New()
	cluster.Admit("pods", func(runtime.Object) error { cancel(); return nil })
	got = located(t, cluster, spec(), func(t *testing.T, s *helper.Session, _ func() string) {
		if _, err := s.Locate(ctx, ""); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	if diff := cmp.Diff([]string{made1, gone1}, got.Changes); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}
