package helper_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/clock"

	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
)

func forbidden(text string) error {
	return apierrors.NewForbidden(corev1.Resource("pods"), "fetch", errors.New(text))
}

// newest returns the helper pod that was requested last.
func newest(cluster *faketest.Cluster) *corev1.Pod {
	objects := cluster.Created()
	pod := objects[len(objects)-1].(*corev1.Pod).DeepCopy() //nolint:forcetypeassert // only pods are made here
	pod.UID = faketest.UID(pod.Name)
	return pod
}

// becomes gives the newest helper another status, a minute after the last one.
func becomes(cluster *faketest.Cluster, status corev1.PodStatus) func() error {
	return func() error {
		time.Sleep(time.Minute) // of the bubble
		pod := newest(cluster)
		pod.Status = status
		return cluster.Update(corev1.SchemeGroupVersion.WithResource("pods"), pod)
	}
}

// session is what a session said and did. Pods are called fetch-1, fetch-2...
type session struct {
	At      string
	Err     string
	Said    []string
	Changes []string
	Waits   []string
	took    time.Duration
}

func unmeasured() cmp.Option { return cmpopts.IgnoreUnexported(session{}) }

// numbered gives the pods names that a test can know.
func (s *session) numbered() {
	names := map[string]string{}
	number := func(text *string) {
		*text = regexp.MustCompile(`fetch-train-results-[a-z0-9]{8}`).ReplaceAllStringFunc(*text, func(name string) string {
			if names[name] == "" {
				names[name] = fmt.Sprintf("fetch-%d", len(names)+1)
			}
			return names[name]
		})
	}
	for _, list := range [][]string{s.Changes, s.Said, s.Waits, {s.At, s.Err}} {
		for i := range list {
			number(&list[i])
		}
	}
	number(&s.At)
	number(&s.Err)
}

// locate opens a session, locates its pod and closes it.
func locate(t *testing.T, cluster *faketest.Cluster, spec helper.Spec, meanwhile ...func() error) (got session, err error) {
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
		s := helper.NewSession(client, nil, clock.RealClock{}, spec, func(text string) { got.Said = append(got.Said, text) })
		s.SetWaitingReporter(func(w helper.Waiting) { got.Waits = append(got.Waits, w.String()) })
		start := time.Now()
		container, failed := s.Locate(t.Context(), "n1")
		got.took = time.Since(start)
		if err = failed; err != nil {
			got.Err = err.Error()
		} else if got.At = container.Pod; container.Namespace != "lab" || container.Name != helper.Container {
			t.Errorf("at %+v", container)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	got.Changes = cluster.Changes()
	got.numbered()
	return got, err
}

func waiting(code, message string) corev1.PodStatus {
	return corev1.PodStatus{Phase: corev1.PodPending, ContainerStatuses: []corev1.ContainerStatus{{
		Name: helper.Container, State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: code, Message: message}},
	}}}
}

func notStarted(text string) corev1.PodStatus {
	return corev1.PodStatus{Phase: corev1.PodFailed, ContainerStatuses: []corev1.ContainerStatus{{
		Name: helper.Container, State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 128, Reason: "StartError", Message: text}},
	}}}
}

func unschedulable(message string) corev1.PodStatus {
	return corev1.PodStatus{Phase: corev1.PodPending, Conditions: []corev1.PodCondition{{
		Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable, Message: message,
	}}}
}

// refuse has the cluster refuse such pods with err.
func refuse(err error, when func(*corev1.Pod) bool) *faketest.Cluster {
	return faketest.New().Admit("pods", judge(err, when))
}

func large(pod *corev1.Pod) bool {
	return pod.Spec.Containers[0].Resources.Limits.Cpu().MilliValue() > 300
}

func lowRequest(pod *corev1.Pod) bool {
	resources := pod.Spec.Containers[0].Resources
	return resources.Requests.Cpu().Cmp(*resources.Limits.Cpu()) < 0
}

func always(*corev1.Pod) bool { return true }

func running() corev1.PodStatus { return corev1.PodStatus{Phase: corev1.PodRunning} }

const (
	refusal = `pods "fetch" is forbidden: `
	made1   = "create pods fetch-1"
	gone1   = "delete pods fetch-1 uid=uid-fetch-1"
	made2   = "create pods fetch-2"
	gone2   = "delete pods fetch-2 uid=uid-fetch-2"
	making  = "creating the helper pod"
	noNode  = "waiting for a node"
)

func TestSession(t *testing.T) {
	root := func(pod *corev1.Pod) bool { return *pod.Spec.SecurityContext.RunAsUser == 0 }
	for name, test := range map[string]struct {
		cluster   *faketest.Cluster
		meanwhile []corev1.PodStatus
		want      session
	}{
		"it starts": {faketest.New(), []corev1.PodStatus{waiting("ErrImagePull", "no such host"), running()}, session{
			At: "fetch-1", Said: []string{"Helper pod fetch-1 is not running yet: ErrImagePull: no such host"}, Changes: []string{made1, gone1},
			Waits: []string{making, noNode, "pulling the image (ErrImagePull: no such host)"},
		}},
		"a quota": {refuse(forbidden("exceeded quota: small, requested: limits.cpu=1"), large), []corev1.PodStatus{running()}, session{
			At: "fetch-3", Said: []string{"Note: " + refusal + "exceeded quota: small, requested: limits.cpu=1; retrying with a smaller helper pod"},
			Changes: []string{made1, made2, "create pods fetch-3", "delete pods fetch-3 uid=uid-fetch-3"}, Waits: []string{making, noNode},
		}},
		"a policy": {refuse(forbidden("violates PodSecurity"), root), []corev1.PodStatus{running()}, session{
			At: "fetch-2", Said: []string{"Note: " + refusal + "violates PodSecurity; retrying as user 65532, which may not be able to read all files"}, Changes: []string{made1, made2, gone2},
			Waits: []string{making, noNode},
		}},
		"a webhook's policy": {refuse(errors.New(`admission webhook "policy" denied the request: no root`), root), []corev1.PodStatus{running()}, session{
			At: "fetch-2", Said: []string{`Note: admission webhook "policy" denied the request: no root; retrying as user 65532, which may not be able to read all files`},
			Changes: []string{made1, made2, gone2}, Waits: []string{making, noNode},
		}},
		"no right": {refuse(forbidden(`User "dev" cannot create resource "pods"`), always), nil, session{
			Err: "creating the helper pod: " + refusal + `User "dev" cannot create resource "pods"`, Changes: []string{made1}, Waits: []string{making},
		}},
		"a ratio": {refuse(forbidden("cpu max limit to request ratio per Container is 4, but provided ratio is 20.000000"), lowRequest), []corev1.PodStatus{running()}, session{
			At: "fetch-2", Changes: []string{made1, made2, gone2}, Waits: []string{making, noNode},
		}},
		"a minimum": {refuse(forbidden("minimum cpu usage per Container is 100m, but request is 50m"), lowRequest), []corev1.PodStatus{running()}, session{
			At: "fetch-2", Changes: []string{made1, made2, gone2}, Waits: []string{making, noNode},
		}},
		"full nodes": {faketest.New(), []corev1.PodStatus{unschedulable("2 Insufficient cpu."), running()}, session{
			At: "fetch-1", Said: []string{"Helper pod fetch-1 is not running yet: Unschedulable: 2 Insufficient cpu."}, Changes: []string{made1, gone1},
			Waits: []string{making, noNode, noNode + " (Unschedulable: 2 Insufficient cpu.)"},
		}},
		"no such image": {faketest.New(), []corev1.PodStatus{waiting("ErrImagePull", "busybox:0: not found")}, session{
			Err: `helper pod "fetch-1" cannot start: ErrImagePull: busybox:0: not found`, Changes: []string{made1, gone1},
			Waits: []string{making, noNode, "pulling the image (ErrImagePull: busybox:0: not found)"},
		}},
		"it is evicted": {faketest.New(), []corev1.PodStatus{{Phase: corev1.PodFailed, Reason: "Evicted", Message: "low on disk"}}, session{
			Err: `helper pod "fetch-1" ended before it was used: Evicted: low on disk`, Changes: []string{made1, gone1}, Waits: []string{making, noNode},
		}},
		"no room": {faketest.New(), []corev1.PodStatus{unschedulable("2 Insufficient memory."), unschedulable("2 Insufficient memory."), running()}, session{
			At: "fetch-3", Said: []string{"Note: helper pod fetch-1: Unschedulable: 2 Insufficient memory.; retrying with a smaller helper pod"},
			Changes: []string{made1, gone1, made2, gone2, "create pods fetch-3", "delete pods fetch-3 uid=uid-fetch-3"},
			Waits:   []string{making, noNode, noNode + " (Unschedulable: 2 Insufficient memory.)", making, noNode, noNode + " (Unschedulable: 2 Insufficient memory.)", making, noNode},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			var meanwhile []func() error
			for _, status := range test.meanwhile {
				meanwhile = append(meanwhile, becomes(test.cluster, status))
			}
			got, err := locate(t, test.cluster, spec(), meanwhile...)
			if diff := cmp.Diff(test.want, got, unmeasured()); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
			if _, ok := errors.AsType[*helper.NoPodError](err); ok {
				t.Error("that is no lack of room")
			}
		})
	}
}

// NoPodError is returned only for lack of room, because the caller can then use a pod that already runs.
func TestNoRoom(t *testing.T) {
	quota := func(text string) *faketest.Cluster { return refuse(forbidden(text), always) }
	for name, test := range map[string]struct {
		cluster   *faketest.Cluster
		hasty     bool
		meanwhile []corev1.PodStatus
		reason    string
		creations int
		took      time.Duration
	}{
		"a quota of pods":        {quota("exceeded quota: none, requested: pods=1"), false, nil, refusal + "exceeded quota: none, requested: pods=1", 1, 0},
		"a quota of processors":  {quota("exceeded quota: none, requested: limits.cpu=1"), false, nil, refusal + "exceeded quota: none, requested: limits.cpu=1", 5, 0},
		"a quota of something":   {quota("failed quota: all: must specify requests.ephemeral-storage"), false, nil, refusal + "failed quota: all: must specify requests.ephemeral-storage", 2, 0},
		"a limit":                {quota("minimum cpu usage per Container is 2"), false, nil, refusal + "minimum cpu usage per Container is 2", 3, 0},
		"no node for it":         {faketest.New(), true, []corev1.PodStatus{unschedulable("1 node(s) were unschedulable.")}, "Unschedulable: 1 node(s) were unschedulable.", 1, 70 * time.Second},
		"no node for it for now": {faketest.New(), false, []corev1.PodStatus{unschedulable("2 Too many pods.")}, "Unschedulable: 2 Too many pods.", 1, 5 * time.Minute},
		"nothing happens":        {faketest.New(), false, nil, "", 1, 5 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			var meanwhile []func() error
			for _, status := range test.meanwhile {
				meanwhile = append(meanwhile, becomes(test.cluster, status))
			}
			got, err := locate(t, test.cluster, spec(func(s *helper.Spec) { s.Hasty = test.hasty }), meanwhile...)
			full, ok := errors.AsType[*helper.NoPodError](err)
			if !ok || full.Reason != test.reason {
				t.Errorf("%v, %+v", err, full)
			}
			creations := 0
			for _, change := range got.Changes {
				creations += strings.Count(change, "create pods")
			}
			if creations != test.creations || len(got.Said) > 1 || got.took != test.took {
				t.Errorf("%d were made in %v; said %q", creations, got.took, got.Said)
			}
		})
	}
}
