package purge

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// workers delete at the same time; more only wait for the client's own limit.
const workers = 16

// delete deletes the chosen jobs, each only if it is still the one that was
// looked at. Failures are collected; the rest goes on.
func (o *Options) delete(ctx context.Context, chosen []candidate) error {
	var group errgroup.Group
	group.SetLimit(workers)
	var mu sync.Mutex
	var errs error
	for _, one := range chosen {
		group.Go(func() error {
			err := o.deleteOne(ctx, one)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				err = o.factory.Answer("job.batch/" + one.name + " deleted" + o.suffix())
			}
			errs = errors.Join(errs, err)
			return nil
		})
	}
	return errors.Join(group.Wait(), errs)
}

func (o *Options) suffix() string {
	if o.dryRun == "server" {
		return " (server dry run)"
	}
	return ""
}

// deleteOne names the propagation: the API's default for Jobs orphans the pods.
func (o *Options) deleteOne(ctx context.Context, one candidate) error {
	background := metav1.DeletePropagationBackground
	options := metav1.DeleteOptions{PropagationPolicy: &background, Preconditions: metav1.NewUIDPreconditions(one.uid)}
	if o.dryRun == "server" {
		options.DryRun = []string{metav1.DryRunAll}
	}
	err := o.client.BatchV1().Jobs(one.namespace).Delete(ctx, one.name, options)
	switch {
	case apierrors.IsNotFound(err):
		return nil // someone else was quicker
	case apierrors.IsConflict(err):
		return fmt.Errorf("job %q is left: it was replaced by another of its name meanwhile", one.name)
	case err != nil:
		return fmt.Errorf("deleting job %q: %w", one.name, err)
	}
	return nil
}
