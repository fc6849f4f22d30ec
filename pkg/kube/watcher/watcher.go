// Package watcher keeps a set of objects up to date with the cluster, by list and
// watch. It survives lost connections: a new watch continues after the last
// change. A set holds the newest state of an object; intermediate states may be missing.
// If the API server no longer has the changes since then, a list replaces the set.
//
// client-go's Reflector (tools/cache/reflector.go of v0.37) does not fit. After most broken connections it lists again, and
// so never learns the last state of an object that was deleted meanwhile, such as a job with --ttl=0s. Its first list may
// be older than an object that was just created, and cannot be replaced by the version of that object. It retries without
// an end if the API server refuses.
package watcher

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/wait"
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

// Follow keeps set equal to what client lists with options until ctx is done, and
// calls changed after each change. The first list must succeed; a set with a Start needs none. Later, a lost
// connection is reported to lost and retried without a limit. A refusal by the API
// server (no permission, unknown kind) ends Follow with an error; after
// a lost connection, only if it lasts for a minute.
func Follow[T Object, L runtime.Object](ctx context.Context, client Client[L], options metav1.ListOptions, set *Set[T], changed func(), lost func(error)) error {
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
	// listed means that a list has succeeded, so that the cluster exists and the user may list.
	listed bool
	outage Outage
	// refusals counts successive refusals.
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

// Sleep waits for that long, and reports whether it did: false if ctx was done before.
func Sleep(ctx context.Context, length time.Duration) bool {
	return wait.For(ctx, length)
}
