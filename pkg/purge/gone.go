package purge

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/watcher"
)

const (
	// firstLook is the pause before the first check of what still exists, and
	// lookEvery the longest pause between later checks.
	firstLook = 100 * time.Millisecond
	lookEvery = 2 * time.Second
	// patient is how long Await waits before it reports what still exists.
	patient = 3 * time.Second
)

// Await waits until all deleted objects of a namespace, "" for all, no longer exist, including their finalizers.
// say receives what still exists and why, at each change. The error is ctx's, with what still
// exists, or a failure to query the cluster.
func Await(ctx context.Context, client clients.Interface, namespace string, deleted []Object, say func(string)) error {
	pause, waited := firstLook, time.Duration(0)
	reported := ""
	away := &watcher.Outage{}
	for {
		stays, holds, err := still(ctx, client, namespace, deleted, away)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if len(stays) == 0 && err == nil {
			return nil
		}
		if deleted = stays; waited >= patient && holds != reported {
			say(holds)
			reported = holds
		}
		if !watcher.Sleep(ctx, pause) {
			return fmt.Errorf("%s: %w", holds, context.Cause(ctx))
		}
		waited += pause
		pause = min(2*pause, lookEvery)
	}
}

// namedAtMost is how many of the remaining objects a message names.
const namedAtMost = 10

// still returns which of deleted still exist, and why.
func still(ctx context.Context, client clients.Interface, namespace string, deleted []Object, away *watcher.Outage) (stays []Object, holds string, err error) {
	objects := make([]metav1.Object, len(deleted))
	errs := make([]error, len(deleted))
	indexes := make([]int, len(deleted))
	for i := range indexes {
		indexes[i] = i
	}
	side(ctx, indexes, func(i int) { objects[i], errs[i] = accessTo(client, deleted[i]).get(ctx) })
	var named []string
	for i, object := range deleted {
		switch {
		case apierrors.IsNotFound(errs[i]), errs[i] == nil && objects[i] != nil && objects[i].GetUID() != object.UID:
			continue
		case errs[i] != nil && !away.Passing(errs[i]):
			return stays, holds, fmt.Errorf("checking %s %s: %w", object.Kind, object.Shown(namespace), errs[i])
		}
		if stays = append(stays, object); len(named) < namedAtMost && errs[i] == nil && objects[i] != nil {
			named = append(named, fmt.Sprintf("%s/%s (%s)", object.Kind, object.Shown(namespace), Holding(ctx, client, objects[i])))
		}
	}
	holds = "not deleted yet: " + strings.Join(named, ", ")
	if omitted := len(stays) - len(named); omitted > 0 {
		holds += fmt.Sprintf(" and %d more", omitted)
	}
	return stays, holds, ctx.Err()
}

// Holding returns why an object that was deleted still exists.
func Holding(ctx context.Context, client clients.Interface, object metav1.Object) string {
	switch typed := object.(type) {
	case *corev1.Pod:
		if len(typed.Finalizers) == 0 && typed.DeletionTimestamp != nil {
			return "stopping its containers on node " + typed.Spec.NodeName
		}
	case *corev1.PersistentVolumeClaim:
		if holder := pinning(ctx, client, typed); holder != "" {
			return holder
		}
	}
	switch finalizers := object.GetFinalizers(); {
	case object.GetDeletionTimestamp() == nil:
		return "waiting for the garbage collector of the cluster"
	case len(finalizers) > 0:
		return "blocked by finalizer " + strings.Join(finalizers, ", ")
	}
	return "being deleted"
}

// pinning returns the pod that mounts the claim, ended or not: it delays the deletion of the claim.
func pinning(ctx context.Context, client clients.Interface, claim *corev1.PersistentVolumeClaim) string {
	pods, err := client.CoreV1().Pods(claim.Namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return ""
	}
	mounts := users{}
	for i := range pods.Items {
		mounts.ofPod(&pods.Items[i])
	}
	for _, user := range mounts[place{claim.Namespace, claim.Name}] {
		return user.uses()
	}
	return ""
}
