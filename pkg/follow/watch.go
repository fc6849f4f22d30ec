package follow

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
)

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
