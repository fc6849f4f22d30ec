package watcher_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/watcher"
)

// round is one list and the watch that follows it.
type round struct {
	list    []string
	listErr error
	// refused is what the watch is refused with.
	refused error
	// events of the watch; then it breaks, unless stays is set.
	events []watch.Event
	stays  bool
}

// server answers lists and watches in rounds; after the last round its state does not change.
type server struct {
	rounds   []round
	mu       sync.Mutex
	position int
	// requests is the resource version of each watch.
	requests []string
}

func pod(name string) *corev1.Pod {
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name)}}
}

// List implements watcher.Client.
func (s *server) List(context.Context, metav1.ListOptions) (*corev1.PodList, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	current := s.rounds[min(s.position, len(s.rounds)-1)]
	if current.listErr != nil {
		s.position++
		return nil, current.listErr
	}
	list := &corev1.PodList{ListMeta: metav1.ListMeta{ResourceVersion: "v" + string(rune('0'+s.position))}}
	for _, name := range current.list {
		list.Items = append(list.Items, *pod(name))
	}
	return list, nil
}

// Watch implements watcher.Client.
func (s *server) Watch(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	current := s.rounds[min(s.position, len(s.rounds)-1)]
	s.position++
	s.requests = append(s.requests, options.ResourceVersion+" "+options.LabelSelector)
	if current.refused != nil {
		return nil, current.refused
	}
	w := watch.NewFakeWithChanSize(len(current.events), false)
	for _, event := range current.events {
		w.Action(event.Type, event.Object)
	}
	if current.stays {
		context.AfterFunc(ctx, w.Stop)
	} else {
		w.Stop()
	}
	return w, nil
}

// event is a change to a pod; its version is the name of the pod.
func event(kind watch.EventType, name string) watch.Event {
	changed := pod(name)
	changed.ResourceVersion = name
	return watch.Event{Type: kind, Object: changed}
}

// kept is what is known after the rounds.
type kept struct {
	All, Gone, Lost []string
	// Unseen are the objects of Gone whose deletion was not observed.
	Unseen  []string
	Changed int
	Asked   []string
	Err     string
}

// follow keeps a set for an hour of the bubble's time.
func follow(t *testing.T, rounds ...round) (got kept) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		s, set := &server{rounds: rounds}, watcher.Set[*corev1.Pod]{}
		err := watcher.Follow(ctx, s, metav1.ListOptions{LabelSelector: "a=b"}, &set,
			func() { got.Changed++ }, func(err error) { got.Lost = append(got.Lost, err.Error()) })
		got.All, got.Gone = names(set.All()), names(set.Gone())
		got.Asked = s.requests
		got.Err = err.Error()
		for _, name := range got.Gone {
			if !set.SawDeletion(types.UID(name)) {
				got.Unseen = append(got.Unseen, name)
			}
		}
	})
	return got
}

func names(pods []*corev1.Pod) (names []string) {
	for _, pod := range pods {
		names = append(names, pod.Name)
	}
	slices.Sort(names)
	return names
}

func TestKeep(t *testing.T) {
	reset := &networkError{syscall.ECONNRESET}
	forbidden := apierrors.NewForbidden(corev1.Resource("pods"), "", errors.New("no"))
	tooOld := watch.Event{Type: watch.Error, Object: &metav1.Status{Code: 410, Reason: metav1.StatusReasonExpired}}
	cut := watch.Event{Type: watch.Error, Object: &metav1.Status{Code: 500, Reason: metav1.StatusReasonInternalError}}
	const deadline = "context deadline exceeded"
	for name, test := range map[string]struct {
		rounds []round
		want   kept
	}{
		"a list and its changes": {
			[]round{{list: []string{"a", "b"}, stays: true, events: []watch.Event{event(watch.Added, "c"), event(watch.Deleted, "a"), event(watch.Modified, "b"), event(watch.Bookmark, "z")}}},
			kept{All: []string{"b", "c"}, Gone: []string{"a"}, Changed: 4, Asked: []string{"v0 a=b"}, Err: deadline},
		},
		"a watch that ends is continued": {
			[]round{{list: []string{"a"}, events: []watch.Event{event(watch.Added, "b")}}, {stays: true, events: []watch.Event{event(watch.Modified, "a"), event(watch.Deleted, "a")}}},
			kept{All: []string{"b"}, Gone: []string{"a"}, Changed: 4, Asked: []string{"v0 a=b", "b a=b"}, Err: deadline},
		},
		"a watch that ends behind a bookmark": {
			[]round{{list: []string{"a"}, events: []watch.Event{event(watch.Bookmark, "z")}}, {stays: true, events: []watch.Event{event(watch.Deleted, "a")}}},
			kept{Gone: []string{"a"}, Changed: 2, Asked: []string{"v0 a=b", "z a=b"}, Err: deadline},
		},
		"a watch that ends with an error is continued once": {
			[]round{{list: []string{"a"}, events: []watch.Event{cut}}, {events: []watch.Event{cut}}, {list: []string{"b"}, stays: true}},
			kept{All: []string{"b"}, Gone: []string{"a"}, Unseen: []string{"a"}, Changed: 2, Asked: []string{"v0 a=b", "v0 a=b", "v2 a=b"}, Err: deadline},
		},
		"a version that is too old": {
			[]round{{list: []string{"a"}, stays: true, events: []watch.Event{tooOld, event(watch.Added, "never")}}, {list: []string{"a"}, stays: true}},
			kept{All: []string{"a"}, Changed: 2, Asked: []string{"v0 a=b", "v1 a=b"}, Err: deadline},
		},
		"a version that is refused as too old": {
			[]round{{list: []string{"a"}}, {refused: apierrors.NewResourceExpired("old")}, {list: []string{"b"}, stays: true}},
			kept{All: []string{"b"}, Gone: []string{"a"}, Unseen: []string{"a"}, Changed: 2, Asked: []string{"v0 a=b", "v0 a=b", "v2 a=b"}, Err: deadline},
		},
		"lists that fail on the way": {
			[]round{{list: []string{"a"}, events: []watch.Event{tooOld}}, {listErr: reset}, {listErr: apierrors.NewServiceUnavailable("soon")}, {list: []string{"b"}, stays: true}},
			kept{
				All: []string{"b"}, Gone: []string{"a"}, Unseen: []string{"a"}, Lost: []string{"connection reset by peer", "soon"}, Changed: 2,
				Asked: []string{"v0 a=b", "v3 a=b"}, Err: deadline,
			},
		},
		"a watch that fails on the way": {
			[]round{{list: []string{"a"}}, {refused: reset}, {stays: true, events: []watch.Event{event(watch.Added, "c")}}},
			kept{
				All: []string{"a", "c"}, Lost: []string{"watching: connection reset by peer"}, Changed: 2,
				Asked: []string{"v0 a=b", "v0 a=b", "v0 a=b"}, Err: deadline,
			},
		},
		"no list at all":  {[]round{{listErr: reset}}, kept{Err: "connection reset by peer"}},
		"a watch refused": {[]round{{list: []string{"a"}, refused: forbidden}}, kept{All: []string{"a"}, Changed: 1, Asked: []string{"v0 a=b"}, Err: "watching: pods is forbidden: no"}},
		"refused by an API server on its way up": {
			[]round{{list: []string{"a"}, events: []watch.Event{tooOld}}, {listErr: reset}, {listErr: forbidden}, {list: []string{"a"}, refused: forbidden}},
			kept{
				All: []string{"a"}, Lost: []string{"connection reset by peer", "pods is forbidden: no"}, Changed: 2,
				Asked: []string{"v0 a=b", "v3 a=b"}, Err: "watching: pods is forbidden: no",
			},
		},
		"refused once a watch has ended": {
			append([]round{{list: []string{"a"}}}, slices.Repeat([]round{{refused: forbidden}}, 200)...),
			kept{
				All: []string{"a"}, Lost: slices.Repeat([]string{"watching: pods is forbidden: no"}, 60),
				Changed: 1, Asked: slices.Repeat([]string{"v0 a=b"}, 62), Err: "watching: pods is forbidden: no",
			},
		},
		"refused for good after an outage": {
			append([]round{{list: []string{"a"}, events: []watch.Event{tooOld}}, {listErr: reset}}, slices.Repeat([]round{{listErr: forbidden}}, 200)...),
			kept{
				All: []string{"a"}, Lost: append([]string{"connection reset by peer"}, slices.Repeat([]string{"pods is forbidden: no"}, 60)...),
				Changed: 1, Asked: []string{"v0 a=b"}, Err: "pods is forbidden: no",
			},
		},
		"nothing there": {[]round{{stays: true}}, kept{Changed: 1, Asked: []string{"v0 a=b"}, Err: deadline}},
		"made again, same name": {
			[]round{{list: []string{"a"}}, {stays: true, events: []watch.Event{event(watch.Deleted, "a"), event(watch.Added, "b")}}},
			kept{All: []string{"b"}, Gone: []string{"a"}, Changed: 3, Asked: []string{"v0 a=b", "v0 a=b"}, Err: deadline},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, follow(t, test.rounds...)); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

// A set that starts with an object receives all its changes since it was read, even
// if it no longer exists.
func TestKeepFromStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		created := pod("a")
		created.ResourceVersion = "7"
		s := &server{rounds: []round{{stays: true, events: []watch.Event{event(watch.Modified, "a"), event(watch.Deleted, "a")}}}}
		set, changed := watcher.Set[*corev1.Pod]{}, 0
		set.Start(created)
		_ = watcher.Follow(ctx, s, metav1.ListOptions{}, &set, func() { changed++ }, func(err error) { t.Error(err) })
		if got := names(set.Gone()); changed != 3 || !slices.Equal(got, []string{"a"}) || !set.SawDeletion("a") || !slices.Equal(s.requests, []string{"7 "}) {
			t.Errorf("deleted %v after %d changes, asked for %v", got, changed, s.requests)
		}
	})
}

type networkError struct{ cause error }

func (e *networkError) Error() string   { return e.cause.Error() }
func (e *networkError) Timeout() bool   { return false }
func (e *networkError) Temporary() bool { return false }

func TestPassing(t *testing.T) {
	pods := corev1.Resource("pods")
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"reset":        {&networkError{syscall.ECONNRESET}, true},
		"refused":      {syscall.ECONNREFUSED, true},
		"busy":         {apierrors.NewTooManyRequests("later", 1), true},
		"unavailable":  {apierrors.NewServiceUnavailable("x"), true},
		"internal":     {apierrors.NewInternalError(errors.New("x")), true},
		"too old":      {apierrors.NewResourceExpired("x"), true},
		"timeout":      {apierrors.NewServerTimeout(pods, "list", 1), true},
		"forbidden":    {apierrors.NewForbidden(pods, "x", nil), false},
		"unauthorized": {apierrors.NewUnauthorized("x"), false},
		"not there":    {apierrors.NewNotFound(pods, "x"), false},
		"none":         {nil, false},
	} {
		if got := watcher.Passing(test.err); got != test.want {
			t.Errorf("%s: %v; want %v", name, got, test.want)
		}
	}
}
