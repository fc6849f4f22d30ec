package watcher

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
)

// mostBreaks is how many successive watches may break without a change before the set is listed again.
const mostBreaks = 2

// once watches from the newest known version until the watch ends. It lists first only if no version is known, or the API
// server no longer has the changes since that version. An object that the list does not contain may have
// changed before it was deleted.
func (k *keeper[T, L]) once(ctx context.Context) error {
	if k.version == "" {
		if err := k.list(ctx); err != nil {
			return err
		}
	}
	options := k.options
	options.ResourceVersion, options.AllowWatchBookmarks = k.version, true
	w, err := k.client.Watch(ctx, options)
	if isTooOld(err) {
		k.version = ""
		return nil
	}
	if err != nil {
		return fmt.Errorf("watching: %w", err)
	}
	defer w.Stop()
	quiet := true
	for event := range w.ResultChan() {
		if event.Type == watch.Error {
			err = k.broken(event.Object)
			break
		}
		quiet, k.breaks = false, 0
		k.applyEvent(event)
	}
	k.outage.Broke() // an API server that is killed ends its watches without a word
	if quiet && k.version != "" && err == nil {
		Sleep(ctx, pause) // a server that ends every watch at once must not be asked without pause
	}
	return err
}

// applyEvent applies a change to the set.
func (k *keeper[T, L]) applyEvent(event watch.Event) {
	object, ok := event.Object.(T)
	if !ok {
		return
	}
	k.version = object.GetResourceVersion()
	if event.Type != watch.Bookmark && k.set.apply(event.Type, object) {
		k.changed()
	}
}

// broken decides where the next watch begins after an error event: after the last change, unless the API server
// no longer has that version. client-go also reports some broken connections as error events. It
// returns an error only if a new watch is useless.
func (k *keeper[T, L]) broken(status runtime.Object) error {
	err := apierrors.FromObject(status)
	k.breaks++
	if isTooOld(err) || k.breaks >= mostBreaks {
		k.version, k.breaks = "", 0
	}
	if Refused(err) {
		return fmt.Errorf("watching: %w", err)
	}
	return nil
}

// isTooOld reports whether the API server no longer has the changes since a version.
func isTooOld(err error) bool { return apierrors.IsResourceExpired(err) || apierrors.IsGone(err) }

func (k *keeper[T, L]) list(ctx context.Context) error {
	list, err := k.client.List(ctx, k.options)
	if err != nil {
		return err
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
		return err
	}
	k.listed = true
	k.refusals = 0
	k.outage = Outage{}
	k.set.replace(objects)
	k.changed()
	accessor, err := meta.ListAccessor(list)
	if err != nil {
		return err
	}
	k.version = accessor.GetResourceVersion()
	return nil
}
