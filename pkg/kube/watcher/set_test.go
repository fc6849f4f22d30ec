package watcher_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/watcher"
)

// comeAndGo are that many objects, each created and deleted, and one that remains.
func comeAndGo(count int) []watch.Event {
	events := []watch.Event{event(watch.Added, "stays")}
	for i := range count {
		name := fmt.Sprintf("passing-%05d", i)
		events = append(events, event(watch.Added, name), event(watch.Deleted, name))
	}
	return events
}

// A set that is kept for days does not grow with what is deleted meanwhile.
func TestSetIsBounded(t *testing.T) {
	const count = 5000
	type sizes struct{ All, Gone int }
	for name, test := range map[string]struct {
		set  *watcher.Set[*corev1.Pod]
		want sizes
	}{
		"remembers the newest that were deleted": {&watcher.Set[*corev1.Pod]{}, sizes{1, 1000}},
		"forgets what was deleted":               {&watcher.Set[*corev1.Pod]{Forgets: true}, sizes{1, 0}},
		"holds nothing that is not wanted":       {&watcher.Set[*corev1.Pod]{Wanted: func(pod *corev1.Pod) bool { return pod.Name == "stays" }}, sizes{1, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			set := test.set
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				s := &server{rounds: []round{{events: comeAndGo(count), stays: true}}}
				_ = watcher.Follow(ctx, s, metav1.ListOptions{}, set, func() {}, func(error) {})
			})
			if diff := cmp.Diff(test.want, sizes{len(set.All()), len(set.Gone())}); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
			if newest := fmt.Sprintf("passing-%05d", count-1); test.want.Gone > 0 && names(set.Gone())[test.want.Gone-1] != newest {
				t.Errorf("the newest deleted object is %s; want %s", names(set.Gone())[test.want.Gone-1], newest)
			}
		})
	}
}
