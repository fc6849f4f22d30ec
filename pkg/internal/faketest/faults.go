package faketest

import (
	"errors"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clienttesting "k8s.io/client-go/testing"
)

// Fail makes requests fail with the probability rate, in an order that seed determines: with the statuses 403, 409, 429
// and 500, and with a connection that ends before or after the request was executed. Reads never fail with 403 or 409:
// an API server that forbids a read does so each time. Call it after all other functions that change responses.
func (c *Cluster) Fail(seed uint64, rate float64) *Cluster {
	chain := slices.Clone(c.clients.ReactionChain)
	var mutex sync.Mutex
	random := rand.New(rand.NewPCG(seed, 0))
	c.clients.PrependReactor("*", "*", func(action clienttesting.Action) (bool, runtime.Object, error) {
		mutex.Lock()
		fails, kind := random.Float64() < rate, random.IntN(6)
		mutex.Unlock()
		if !fails {
			return false, nil, nil
		}
		return c.fault(action, kind, chain)
	})
	return c
}

func (*Cluster) fault(action clienttesting.Action, kind int, chain []clienttesting.Reactor) (bool, runtime.Object, error) {
	resource, reads := action.GetResource().GroupResource(), slices.Contains([]string{"get", "list"}, action.GetVerb())
	if status := refusal(kind, resource); status != nil {
		return !reads || kind > 1, nil, status
	}
	if kind == 5 {
		carryOut(action, chain)
	}
	return true, nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
}

// refusal returns the error of an API server for kinds 0 to 3, of which the first two concern changes alone.
func refusal(kind int, resource schema.GroupResource) error {
	injected := errors.New("injected fault")
	switch kind {
	case 0:
		return apierrors.NewForbidden(resource, "", injected)
	case 1:
		return apierrors.NewConflict(resource, "", injected)
	case 2:
		return apierrors.NewTooManyRequests(injected.Error(), 1)
	case 3:
		return apierrors.NewInternalError(injected)
	default:
		return nil
	}
}

// carryOut has the cluster carry out a request, and drops its response.
func carryOut(action clienttesting.Action, chain []clienttesting.Reactor) {
	for _, reactor := range chain {
		if !reactor.Handles(action) {
			continue
		}
		if handled, _, _ := reactor.React(action); handled {
			return
		}
	}
}

// HasJob reports whether the job of that name exists.
func (c *Cluster) HasJob(name string) bool {
	_, err := c.clients.Tracker().Get(batchv1.SchemeGroupVersion.WithResource("jobs"), Namespace, name)
	return err == nil
}

// Names returns the names of all jobs, claims, ConfigMaps and Secrets.
func (c *Cluster) Names(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, kind := range []schema.GroupVersionKind{
		batchv1.SchemeGroupVersion.WithKind("Job"), corev1.SchemeGroupVersion.WithKind("PersistentVolumeClaim"),
		corev1.SchemeGroupVersion.WithKind("ConfigMap"), corev1.SchemeGroupVersion.WithKind("Secret"),
	} {
		resource, _ := meta.UnsafeGuessKindToResource(kind)
		list, err := c.clients.Tracker().List(resource, kind, Namespace)
		if err != nil {
			t.Fatal(err)
		}
		items, err := meta.ExtractList(list)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range items {
			_, name, _ := strings.Cut(key(item), "/")
			names = append(names, name)
		}
	}
	return names
}
