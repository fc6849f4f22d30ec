package helper_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// A kept helper pod remains and serves the next session with the same key.
func TestKeep(t *testing.T) {
	dev := func(s *helper.Spec) {
		s.Owner = provenance.Identity{Name: "dev"}
		s.Keep = true
		s.Agent = "v1"
	}
	for name, test := range map[string]struct {
		former, later func(*helper.Spec)
		change        func(*corev1.Pod)
		reused        bool
	}{
		"the same":           {dev, dev, nil, true},
		"not to be kept":     {dev, func(s *helper.Spec) { dev(s); s.Keep = false }, nil, true},
		"another's":          {dev, func(s *helper.Spec) { dev(s); s.Owner.Name = "ops" }, nil, false},
		"nobody's":           {func(s *helper.Spec) { s.Keep = true }, func(s *helper.Spec) { s.Keep = true }, nil, false},
		"another claim":      {dev, func(s *helper.Spec) { dev(s); s.Claim = "other" }, nil, false},
		"another folder":     {dev, func(s *helper.Spec) { dev(s); s.SubPath = "other" }, nil, false},
		"another user":       {dev, func(s *helper.Spec) { dev(s); s.Identity = s.Identity.Unprivileged() }, nil, false},
		"another image":      {dev, func(s *helper.Spec) { dev(s); s.Image = "other" }, nil, false},
		"another agent":      {dev, func(s *helper.Spec) { dev(s); s.Agent = "v2" }, nil, false},
		"one that has ended": {dev, dev, func(p *corev1.Pod) { p.Status.Phase = corev1.PodSucceeded }, false},
		"one that ends soon": {dev, dev, func(p *corev1.Pod) { p.CreationTimestamp = metav1.NewTime(time.Now().Add(-5 * time.Hour)) }, false},
		"one that never was": {func(s *helper.Spec) { dev(s); s.Keep = false }, dev, nil, false},
		"one that is deleted": {dev, dev, func(p *corev1.Pod) {
			p.DeletionTimestamp = &metav1.Time{Time: time.Now()}
			p.Finalizers = []string{"x"}
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			cluster, names := faketest.New(), make([]string, 2)
			located(t, cluster, spec(test.former), func(t *testing.T, s *helper.Session, locate func() string) {
				names[0] = locate()
				if err := s.Close(t.Context()); err != nil {
					t.Error(err)
				}
				pod := newest(cluster)
				pod.Status, pod.CreationTimestamp = running(), metav1.NewTime(time.Now())
				if test.change != nil {
					test.change(pod)
				}
				_ = cluster.Update(pods(), pod) // unless it is gone
			})
			located(t, cluster, spec(test.later), func(t *testing.T, s *helper.Session, locate func() string) {
				names[1] = locate()
				if err := s.Close(t.Context()); err != nil {
					t.Error(err)
				}
			})
			if reused := names[0] == names[1]; reused != test.reused {
				t.Errorf("%q; changes %q", names, cluster.Changes())
			}
		})
	}
}

// One that does not run yet is not kept, and one that was found is not deleted.
func TestKeepIsOfRunningOnes(t *testing.T) {
	cluster := faketest.New()
	keep := spec(func(s *helper.Spec) { s.Owner, s.Keep = provenance.Identity{Name: "dev"}, true })
	got := located(t, cluster, keep, func(t *testing.T, s *helper.Session, _ func() string) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.Locate(ctx, ""); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	if diff := cmp.Diff([]string{made1, gone1}, got.Changes); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}
