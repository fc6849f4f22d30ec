package watcher

import (
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
)

// mostGone is how many deleted objects a set remembers: the newest. A set may exist
// for days in a namespace in which many objects are created and deleted.
const mostGone = 1000

// Object is what a set holds.
type Object interface {
	runtime.Object
	metav1.Object
}

// Set is the objects as last seen. Its zero value is an empty set.
type Set[T Object] struct {
	// Wanted reports whether the set holds an object; nil for all.
	Wanted func(T) bool
	// Forgets means that deleted objects are not remembered.
	Forgets bool

	// version is the resource version from which Follow watches; "" starts with a list.
	version string

	mu      sync.Mutex
	objects map[types.UID]T
	ended   map[types.UID]T
	// deleted are the keys of ended, the oldest first.
	deleted []types.UID
	// unseen are the keys of objects whose deletion was not observed: a list no longer contained them.
	unseen map[types.UID]bool
}

// Start puts object, as it was read, into the set, so that Follow sees every change since then. It is called before
// Follow; an object without a version has no effect.
func (s *Set[T]) Start(object T) {
	if object.GetResourceVersion() == "" {
		return
	}
	s.version, s.objects = object.GetResourceVersion(), map[types.UID]T{object.GetUID(): object}
}

// SawDeletion reports whether the deletion of the object with that UID was observed, so that its last state is known. It is
// false if a list no longer contained the object.
func (s *Set[T]) SawDeletion(uid types.UID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, deleted := s.ended[uid]
	return deleted && !s.unseen[uid]
}

// All returns the objects that exist, in no order.
func (s *Set[T]) All() []T {
	s.mu.Lock()
	defer s.mu.Unlock()
	return values(s.objects)
}

// Gone returns the newest of the objects that were deleted while the set was kept up to date,
// in their last known state.
func (s *Set[T]) Gone() []T {
	s.mu.Lock()
	defer s.mu.Unlock()
	return values(s.ended)
}

func values[T Object](objects map[types.UID]T) []T {
	result := make([]T, 0, len(objects))
	for _, object := range objects {
		result = append(result, object)
	}
	return result
}

func (s *Set[T]) wants(object T) bool { return s.Wanted == nil || s.Wanted(object) }

// replace replaces the objects by a new list; objects that it does not contain were deleted.
func (s *Set[T]) replace(list []T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	former := s.objects
	s.objects = make(map[types.UID]T)
	for _, object := range list {
		if s.wants(object) {
			s.objects[object.GetUID()] = object
		}
		delete(former, object.GetUID())
	}
	for uid, object := range former {
		if s.bury(object); !s.Forgets {
			s.unseen[uid] = true
		}
	}
}

// apply applies a change, and reports whether it concerns the set.
func (s *Set[T]) apply(kind watch.EventType, object T) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	uid := object.GetUID()
	if _, held := s.objects[uid]; !held && !s.wants(object) {
		return false
	}
	if kind != watch.Deleted {
		s.objects[uid] = object
		return true
	}
	delete(s.objects, uid)
	s.bury(object)
	return true
}

func (s *Set[T]) bury(object T) {
	if s.Forgets {
		return
	}
	if s.ended == nil {
		s.ended, s.unseen = map[types.UID]T{}, map[types.UID]bool{}
	}
	uid := object.GetUID()
	if _, recorded := s.ended[uid]; !recorded {
		s.deleted = append(s.deleted, uid)
	}
	s.ended[uid] = object
	if len(s.deleted) > mostGone {
		delete(s.ended, s.deleted[0])
		delete(s.unseen, s.deleted[0])
		s.deleted = append(s.deleted[:0], s.deleted[1:]...)
	}
}
