package helper_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

const podName = "fetch-train-results-x7k2p"

func forbidden(text string) error {
	return apierrors.NewForbidden(corev1.Resource("pods"), "fetch", errors.New(text))
}

// becomes gives the helper another status, a minute after it was asked for.
func becomes(cluster *faketest.Cluster, status corev1.PodStatus) func() error {
	return func() error {
		time.Sleep(time.Minute) // of the bubble
		pod := spec().Pod()
		pod.Name, pod.UID, pod.Status = podName, faketest.UID(podName), status
		return cluster.Update(corev1.SchemeGroupVersion.WithResource("pods"), pod)
	}
}

// stops ends the watches when the time of the helper is over: those of this
// cluster do not end with their context.
func stops(cluster *faketest.Cluster) func() error {
	return func() error {
		time.Sleep(10 * time.Minute) // of the bubble
		cluster.Stop()
		return nil
	}
}

// session is what a session said and did.
type session struct {
	At      transport.Container
	Err     string
	Said    []string
	Changes []string
}

// locate opens a session, and closes it when it was located.
func locate(t *testing.T, cluster *faketest.Cluster, meanwhile ...func() error) (got session) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		defer cluster.Stop()
		go func() {
			for _, happens := range meanwhile {
				if err := happens(); err != nil {
					t.Error(err)
				}
			}
		}()
		client, _ := cluster.Clientset()
		s := helper.NewSession(client, spec(), func(text string) { got.Said = append(got.Said, text) })
		at, err := s.Locate(t.Context(), "n1")
		if got.At = at; err != nil {
			got.Err = err.Error()
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		got.Changes = cluster.Changes()
	})
	return got
}

func TestSession(t *testing.T) {
	const made, gone = "create pods fetch-train-results-", "delete pods " + podName + " uid=uid-" + podName
	at := transport.Container{Namespace: "lab", Pod: podName, Name: helper.Container}
	running := corev1.PodStatus{Phase: corev1.PodRunning}
	waiting := func(code, message string) corev1.PodStatus {
		return corev1.PodStatus{Phase: corev1.PodPending, ContainerStatuses: []corev1.ContainerStatus{{
			Name: helper.Container, State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: code, Message: message}},
		}}}
	}
	refuse := func(cluster *faketest.Cluster, text string, when func(*corev1.Pod) bool) *faketest.Cluster {
		return cluster.Admit("pods", func(object runtime.Object) error {
			if pod, ok := object.(*corev1.Pod); ok && when(pod) {
				return forbidden(text)
			}
			return nil
		})
	}
	large := func(pod *corev1.Pod) bool { return pod.Spec.Containers[0].Resources.Limits.Cpu().String() == "1" }
	root := func(pod *corev1.Pod) bool { return *pod.Spec.SecurityContext.RunAsUser == 0 }
	always := func(*corev1.Pod) bool { return true }
	quota, policy := faketest.New(), faketest.New()
	starts, hopeless, slow, ended, evicted, full := faketest.New(), faketest.New(), faketest.New(), faketest.New(), faketest.New(), faketest.New()
	noRoom := corev1.PodStatus{Phase: corev1.PodPending, Conditions: []corev1.PodCondition{{
		Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable, Message: "2 Insufficient cpu.",
	}}}
	const no = `pods "fetch" is forbidden: `
	for name, test := range map[string]struct {
		cluster   *faketest.Cluster
		meanwhile []func() error
		want      session
	}{
		"it starts": {starts, []func() error{becomes(starts, waiting("ErrImagePull", "no such host")), becomes(starts, running)}, session{
			At: at, Said: []string{"helper pod " + podName + " does not run yet: ErrImagePull: no such host"}, Changes: []string{made, gone},
		}},
		"a quota": {refuse(quota, "exceeded quota: small, requested: limits.cpu=1", large), []func() error{becomes(quota, running)}, session{
			At: at, Said: []string{no + "exceeded quota: small, requested: limits.cpu=1; trying a smaller helper pod"}, Changes: []string{made, made, gone},
		}},
		"a policy": {refuse(policy, "violates PodSecurity", root), []func() error{becomes(policy, running)}, session{
			At: at, Said: []string{no + "violates PodSecurity; trying as user 65532, who may not be able to read all files"}, Changes: []string{made, made, gone},
		}},
		"a quota for none": {refuse(faketest.New(), "exceeded quota: none, requested: limits.cpu=1", always), nil, session{
			Err:  "making a helper pod: " + no + "exceeded quota: none, requested: limits.cpu=1",
			Said: slices.Repeat([]string{no + "exceeded quota: none, requested: limits.cpu=1; trying a smaller helper pod"}, 4), Changes: slices.Repeat([]string{made}, 5),
		}},
		"no right": {refuse(faketest.New(), `User "ada" cannot create resource "pods"`, always), nil, session{
			Err: `making a helper pod: ` + no + `User "ada" cannot create resource "pods"`, Changes: []string{made},
		}},
		"no such image": {hopeless, []func() error{becomes(hopeless, waiting("ErrImagePull", "busybox:0: not found"))}, session{
			Err: fmt.Sprintf("helper pod %q cannot start: ErrImagePull: busybox:0: not found", podName), Changes: []string{made, gone},
		}},
		"it never starts": {slow, []func() error{becomes(slow, waiting("ErrImagePull", "no such host")), stops(slow)}, session{
			Err:     fmt.Sprintf("helper pod %q: it did not start within 5m0s: ErrImagePull: no such host", podName),
			Said:    []string{"helper pod " + podName + " does not run yet: ErrImagePull: no such host"},
			Changes: []string{made, gone},
		}},
		"it ends at once": {ended, []func() error{becomes(ended, corev1.PodStatus{Phase: corev1.PodFailed, ContainerStatuses: []corev1.ContainerStatus{{Name: "helper", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 128, Reason: "StartError", Message: "no sh"}}}}})}, session{
			Err: fmt.Sprintf("helper pod %q ended before it was used (its image %s must have sh, sleep and tar; --helper-image names another): container helper ended with status 128 (StartError): no sh",
				podName, helper.DefaultImage),
			Changes: []string{made, gone},
		}},
		"it is evicted": {evicted, []func() error{becomes(evicted, corev1.PodStatus{Phase: corev1.PodFailed, Reason: "Evicted", Message: "low on disk"})}, session{
			Err:     fmt.Sprintf("helper pod %q ended before it was used: Evicted: low on disk", podName),
			Changes: []string{made, gone},
		}},
		"no room": {full, []func() error{becomes(full, noRoom), becomes(full, running)}, session{
			At: at, Said: []string{"helper pod " + podName + ": Unschedulable: 2 Insufficient cpu.; trying a smaller one"}, Changes: []string{made, gone, made, gone},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got := locate(t, test.cluster, test.meanwhile...)
			if test.want.Err != "" {
				got.At = transport.Container{}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

// A helper that is there is used again; one that is lost is made again.
func TestSessionAgain(t *testing.T) {
	cluster := faketest.New()
	var said []string
	synctest.Test(t, func(t *testing.T) {
		defer cluster.Stop()
		client, _ := cluster.Clientset()
		s := helper.NewSession(client, spec(), func(text string) { said = append(said, text) })
		pods := corev1.SchemeGroupVersion.WithResource("pods")
		for _, lose := range []bool{false, true, false} {
			go func() {
				time.Sleep(time.Second)
				_ = becomes(cluster, corev1.PodStatus{Phase: corev1.PodRunning})()
			}()
			if _, err := s.Locate(t.Context(), ""); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Hour)
			if lose {
				if err := cluster.Remove(pods, podName); err != nil {
					t.Error(err)
				}
			}
		}
	})
	made := 0
	for _, change := range cluster.Changes() {
		if strings.HasPrefix(change, "create pods") {
			made++
		}
	}
	want := []string{"helper pod " + podName + " was lost; making a new one"}
	if diff := cmp.Diff(want, said); diff != "" || made != 2 {
		t.Errorf("%d were made; want 2; said want -, got +:\n%s", made, diff)
	}
}
