package purge

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-batch/kubectl-batch/pkg/interrupt"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/watcher"
)

// workers delete at the same time: with fewer etcd has less to write in one go, and
// with more the API server was no faster.
const workers = 100

// Deletions are retried if the cluster does not respond for a while, for example because the API server
// restarts.
const (
	enduring          = time.Minute
	defaultRetryEvery = time.Second
	// unhurried is how long one request may take.
	unhurried = 30 * time.Second
)

// Reasons why an object was not deleted.
var (
	errChanged  = errors.New("it changed after it was selected")
	errReplaced = errors.New("it was replaced by an object of the same name")
)

// Done receives each requested object, with an error if it was not deleted.
// It receives the dependents of a job only if they were not deleted.
type Done func(Object, error)

// carrier carries out a plan.
type carrier struct {
	client clients.Interface
	dryRun bool
	outage watcher.Outage
	// retryEvery is the pause before a deletion is retried.
	retryEvery time.Duration

	mu   sync.Mutex
	done Done
	kept map[types.UID]bool
}

// Carry deletes the objects of plan: each job, then at once its dependents; after the
// last job the claims, because their pods delay their deletion. An object that was changed since it was
// read is kept. A failure does not stop the other deletions; when ctx is done, no further deletion starts.
func (p *Plan) Carry(ctx context.Context, client clients.Interface, dryRun bool, done Done) {
	c := &carrier{client: client, dryRun: dryRun, done: done, kept: map[types.UID]bool{}, retryEvery: cmp.Or(p.retryEvery, defaultRetryEvery)}
	side(ctx, p.Jobs, func(item Item) { c.job(ctx, item) })
	side(ctx, p.Claims, func(claim Claim) { c.claim(ctx, claim) })
}

// side does work side by side, and ends early when ctx is done.
func side[T any](ctx context.Context, items []T, work func(T)) {
	var group errgroup.Group
	group.SetLimit(workers)
	for _, item := range items {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error { work(item); return nil })
	}
	_ = group.Wait() // no work fails
}

func (c *carrier) report(object Object, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.kept[object.UID] = true
	}
	c.done(object, err)
}

// isKept reports whether the object with that UID was not deleted. Other workers add to kept meanwhile.
func (c *carrier) isKept(uid types.UID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kept[uid]
}

func (c *carrier) job(ctx context.Context, item Item) {
	err := c.remove(ctx, item.Object)
	c.report(item.Object, err)
	if err != nil {
		return
	}
	for _, dependent := range item.With {
		if err := c.remove(ctx, dependent); err != nil && !errors.Is(err, errChanged) && !errors.Is(err, errReplaced) {
			c.report(dependent, err) // what was changed, such as by rerun, is another's by now
		}
	}
}

func (c *carrier) claim(ctx context.Context, claim Claim) {
	for _, job := range claim.Jobs {
		if c.isKept(job.UID) {
			c.report(claim.Object, &heldError{job.Name})
			return
		}
	}
	c.report(claim.Object, c.remove(ctx, claim.Object))
}

// requestDeletion sends one request. Ctrl-C does not interrupt it, because its result would be unknown.
func (c *carrier) requestDeletion(ctx context.Context, object Object) error {
	ctx, cancel := interrupt.Tidy(ctx, unhurried)
	defer cancel()
	return remove(ctx, c.client, object, c.dryRun)
}

func (c *carrier) remove(ctx context.Context, object Object) error {
	err := c.requestDeletion(ctx, object)
	for waited := time.Duration(0); c.outage.Passing(err) && waited < enduring && watcher.Sleep(ctx, c.retryEvery); waited += c.retryEvery {
		err = c.requestDeletion(ctx, object) // asking twice deletes once: it goes by UID
	}
	switch {
	case apierrors.IsNotFound(err):
		return nil // somebody else was quicker
	case apierrors.IsConflict(err):
		return c.conflict(ctx, object, err)
	}
	return err
}

// conflict returns why a deletion met the conflict refused. Admission can answer with a conflict for an object
// that nothing has changed: then the reason is its answer.
func (c *carrier) conflict(ctx context.Context, object Object, refused error) error {
	current, err := accessTo(c.client, object).get(ctx)
	switch {
	case apierrors.IsNotFound(err):
		return nil
	case err != nil:
		return errChanged
	case current.GetUID() != object.UID:
		return errReplaced
	case current.GetDeletionTimestamp() != nil:
		return nil // somebody else deletes it
	case object.Version == "" || current.GetResourceVersion() == object.Version:
		return refused
	}
	return errChanged
}

// IsKept reports whether err means that an object was kept on purpose.
func IsKept(err error) bool {
	var held *heldError
	return errors.Is(err, errChanged) || errors.Is(err, errReplaced) || errors.As(err, &held)
}

// heldError means that a claim is kept because a job that uses it was not deleted.
type heldError struct{ job string }

// Error returns a sentence for users.
func (e *heldError) Error() string { return "job " + e.job + " was not deleted" }
