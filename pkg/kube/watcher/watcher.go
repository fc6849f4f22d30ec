// Package watcher keeps a set of objects as the cluster has them, by list and
// watch. It survives lost connections: a watch that breaks is continued behind the last
// change. What it does not promise is to show every state in between: a set holds the newest
// one, and where the API server has forgotten the changes since then, a list replaces them.
package watcher

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
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

// Keep keeps set equal to what client lists with options until ctx is done, and
// calls changed after each change. The first list must succeed; a set with a Start needs none. Later a lost
// connection is told to lost and tried again for ever; a refusal by the API
// server (no permission, no such thing) ends it with an error; where a connection was
// lost before, once it has held for a minute.
func Keep[T Object, L runtime.Object](ctx context.Context, client Client[L], options metav1.ListOptions, set *Set[T], changed func(), lost func(error)) error {
	k := keeper[T, L]{client: client, options: options, set: set, changed: changed, version: set.version}
	if k.version != "" {
		k.listed = true
		changed()
	}
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
	// version is that of the newest change that is known; "" means that a list is needed.
	version string
	// breaks counts the watches in a row that broke without a change.
	breaks int
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
