// Package follow keeps a set of objects as the cluster has them, by list and
// watch. It survives lost connections; what it does not promise is to show every
// state in between: a change that is overtaken by the next may never be seen.
package follow

import (
	"context"
	"fmt"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
)

const (
	// pause between two tries to reach the cluster again.
	pause = time.Second
	// mostRefusals are believed to come from an API server that is on its way up.
	mostRefusals = 60
)

// Client is the part of a typed client that a set is kept with: L is its list.
type Client[L runtime.Object] interface {
	List(ctx context.Context, options metav1.ListOptions) (L, error)
	Watch(ctx context.Context, options metav1.ListOptions) (watch.Interface, error)
}

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

// Keep keeps set equal to what client lists with options until ctx is done, and
// calls changed after each change. The first list must succeed. Later a lost
// connection is told to lost and tried again for ever; a refusal by the API
// server (no permission, no such thing) ends it with an error; where a connection was
// lost before, once it has held for a minute.
func Keep[T Object, L runtime.Object](ctx context.Context, client Client[L], options metav1.ListOptions, set *Set[T], changed func(), lost func(error)) error {
	k := keeper[T, L]{client: client, options: options, set: set, changed: changed}
	for {
		err := k.once(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && !k.goesOn(err):
			return err
		case err != nil:
			lost(err)
			Sleep(ctx, pause)
		}
	}
}

type keeper[T Object, L runtime.Object] struct {
	client  Client[L]
	options metav1.ListOptions
	set     *Set[T]
	changed func()
	// listed: a list has succeeded, so that the cluster is there and may be asked.
	listed bool
	outage Outage
	// refusals are those in a row.
	refusals int
}

// goesOn reports whether it is worth asking again after err.
func (k *keeper[T, L]) goesOn(err error) bool {
	if Passing(err) {
		k.refusals = 0
	} else {
		k.refusals++
	}
	return k.listed && k.outage.Passing(err) && k.refusals <= mostRefusals
}

// once lists, and then watches from there until the watch ends.
func (k *keeper[T, L]) once(ctx context.Context) error {
	version, err := k.list(ctx)
	if err != nil {
		return err
	}
	options := k.options
	options.ResourceVersion, options.AllowWatchBookmarks = version, true
	w, err := k.client.Watch(ctx, options)
	if err != nil {
		return fmt.Errorf("watching: %w", err)
	}
	defer w.Stop()
	quiet := true
	for event := range w.ResultChan() {
		if event.Type == watch.Error {
			k.outage.Broke()
			return ended(event.Object)
		}
		quiet = false
		if object, ok := event.Object.(T); ok && event.Type != watch.Bookmark {
			k.set.apply(event.Type, object)
			k.changed()
		}
	}
	k.outage.Broke() // an API server that is killed ends its watches without a word
	if quiet {
		Sleep(ctx, pause) // a server that ends every watch at once must not be asked without pause
	}
	return nil
}

// ended returns why a watch ended: nothing worth telling where a new list is all
// it takes, be it that its version became too old or that its connection broke
// (client-go makes that an error event too).
func ended(status runtime.Object) error {
	err := apierrors.FromObject(status)
	if apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) {
		return fmt.Errorf("watching: %w", err)
	}
	return nil
}

func (k *keeper[T, L]) list(ctx context.Context) (version string, err error) {
	list, err := k.client.List(ctx, k.options)
	if err != nil {
		return "", err
	}
	var objects []T
	err = meta.EachListItem(list, func(item runtime.Object) error {
		object, ok := item.(T)
		if !ok {
			return fmt.Errorf("listing: %T in the list", item)
		}
		objects = append(objects, object)
		return nil
	})
	if err != nil {
		return "", err
	}
	k.listed, k.refusals, k.outage = true, 0, Outage{}
	k.set.replace(objects)
	k.changed()
	accessor, err := meta.ListAccessor(list)
	if err != nil {
		return "", err
	}
	return accessor.GetResourceVersion(), nil
}

// Sleep waits that long, and reports whether it did: false where ctx was done before.
func Sleep(ctx context.Context, length time.Duration) bool {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}
