package follow

import (
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
)

// Object is what a set holds.
type Object interface {
	runtime.Object
	metav1.Object
}

// Set is the objects as last seen. Its zero value is an empty set.
type Set[T Object] struct {
	mu      sync.Mutex
	objects map[types.UID]T
	gone    map[types.UID]T
}

// All returns the objects that exist, in no order.
func (s *Set[T]) All() []T {
	s.mu.Lock()
	defer s.mu.Unlock()
	return values(s.objects)
}

// Gone returns the objects that were deleted while the set was kept, as last seen.
func (s *Set[T]) Gone() []T {
	s.mu.Lock()
	defer s.mu.Unlock()
	return values(s.gone)
}

func values[T Object](objects map[types.UID]T) []T {
	all := make([]T, 0, len(objects))
	for _, object := range objects {
		all = append(all, object)
	}
	return all
}

// replace takes over a fresh list; what it no longer names is gone.
func (s *Set[T]) replace(list []T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.objects
	s.objects = make(map[types.UID]T, len(list))
	for _, object := range list {
		s.objects[object.GetUID()] = object
		delete(before, object.GetUID())
	}
	for _, object := range before {
		s.bury(object)
	}
}

func (s *Set[T]) apply(kind watch.EventType, object T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if kind != watch.Deleted {
		s.objects[object.GetUID()] = object
		return
	}
	delete(s.objects, object.GetUID())
	s.bury(object)
}

func (s *Set[T]) bury(object T) {
	if s.gone == nil {
		s.gone = map[types.UID]T{}
	}
	s.gone[object.GetUID()] = object
}
