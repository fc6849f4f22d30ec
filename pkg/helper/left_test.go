package helper_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"

	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// answers executes queries of a helper pod: its value is the response.
type answers string

func (a answers) Exec(_ context.Context, _ transport.Container, argv []string, stdio transport.Stdio) error {
	_, err := fmt.Fprintln(stdio.Out, "kubectl-batch", argv[4], string(a))
	return err
}

// A helper that a killed client left is used before a new one is created, if no
// client uses it.
func TestSessionTakesLeftHelper(t *testing.T) {
	const reuseMessage = "Reusing helper pod fetch-1 of your earlier fetch"
	dev := spec(func(s *helper.Spec) { s.Owner = provenance.Identity{Name: "dev"} })
	for name, test := range map[string]struct {
		use  answers
		age  time.Duration
		want session
	}{
		"without a client":         {"idle serving", time.Second, session{Said: []string{reuseMessage}, Changes: []string{made1, "patch pods fetch-1", gone1}}},
		"in use":                   {"used", time.Hour, session{Changes: []string{made1, made2, gone2}}},
		"without an agent for now": {"idle empty", time.Second, session{Changes: []string{made1, made2, gone2}}},
		"without an agent":         {"idle empty", time.Minute, session{Said: []string{reuseMessage}, Changes: []string{made1, "patch pods fetch-1", gone1}}},
		"of unknown use":           {"", time.Hour, session{Changes: []string{made1, made2, gone2}}},
	} {
		t.Run(name, func(t *testing.T) {
			cluster := faketest.New()
			got := withLeftHelper(t, cluster, dev, test.use, test.age, func(t *testing.T, later *helper.Session, _ *helper.Session) {
				if err := later.Close(t.Context()); err != nil {
					t.Error(err)
				}
			})
			if diff := cmp.Diff(test.want, got, unmeasured()); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

// A session whose helper pod was acquired by another session does not delete it, and creates another one when it
// needs one.
func TestSessionYieldsTakenHelper(t *testing.T) {
	dev := spec(func(s *helper.Spec) { s.Owner = provenance.Identity{Name: "dev"} })
	taken := []string{made1, "patch pods fetch-1"}
	cluster := faketest.New()
	got := withLeftHelper(t, cluster, dev, "idle serving", time.Second, func(t *testing.T, _, former *helper.Session) {
		if err := former.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	if diff := cmp.Diff(taken, got.Changes); diff != "" {
		t.Errorf("closed: want -, got +:\n%s", diff)
	}
	cluster = faketest.New()
	got = withLeftHelper(t, cluster, dev, "idle serving", time.Second, func(t *testing.T, _, former *helper.Session) {
		go func() { _ = becomes(cluster, running())() }()
		if _, err := former.Locate(t.Context(), ""); err != nil {
			t.Error(err)
		}
	})
	if diff := cmp.Diff(append(taken, made2), got.Changes); diff != "" {
		t.Errorf("used again: want -, got +:\n%s", diff)
	}
}

// withLeftHelper has one session start a helper, and a later one look into it that
// long after; then do has both.
func withLeftHelper(t *testing.T, cluster *faketest.Cluster, spec helper.Spec, use answers, age time.Duration, do func(t *testing.T, later, former *helper.Session)) (got session) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		defer cluster.Stop()
		client, _ := cluster.Clientset()
		former := helper.NewSession(client, answers("used"), clock.RealClock{}, spec, func(string) {})
		started := func(delay time.Duration) {
			time.Sleep(delay)
			pod := newest(cluster)
			pod.CreationTimestamp, pod.Status = metav1.Now(), running()
			pod.Status.ContainerStatuses = []corev1.ContainerStatus{{State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.Now()}}}}
			if err := cluster.Update(pods(), pod); err != nil {
				t.Error(err)
			}
		}
		go started(time.Second)
		if _, err := former.Locate(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		time.Sleep(age)
		later := helper.NewSession(client, use, clock.RealClock{}, spec, func(text string) { got.Said = append(got.Said, text) })
		createdBefore := len(cluster.Created())
		go func() {
			time.Sleep(time.Minute)
			if len(cluster.Created()) > createdBefore {
				started(0)
			}
		}()
		if _, err := later.Locate(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		do(t, later, former)
		time.Sleep(2 * time.Minute) // until all that was begun is done
	})
	for _, change := range cluster.Changes() {
		change, _, _ = strings.Cut(change, " application/") // what the patch says is random
		got.Changes = append(got.Changes, change)
	}
	got.numbered()
	return got
}
