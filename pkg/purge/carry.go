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

// A cluster that does not answer for a while, such as an API server that is restarted,
// is asked again.
const (
	enduring          = time.Minute
	defaultRetryEvery = time.Second
	// unhurried is how long one request may take.
	unhurried = 30 * time.Second
)

// Why something that was to go stays.
var (
	errChanged  = errors.New("it changed after it was selected")
	errReplaced = errors.New("it was replaced by an object of the same name")
)

// Done is told of each object that was asked for, with the error where it stays.
// Of what goes with a job only what stays is told.
type Done func(Object, error)

// carrier carries out a plan.
type carrier struct {
	client clients.Interface
	dryRun bool
	outage watcher.Outage
	// retryEvery is the pause before a deletion is asked for again.
	retryEvery time.Duration

	mu    sync.Mutex
	done  Done
	stays map[types.UID]bool
}

// Carry deletes what plan says: each job, then at once what goes with it; when the
// last job is gone the claims, which their pods pin. What was changed since it was
// looked at stays. Failures stop nothing; a done ctx stops what has not begun.
func (p *Plan) Carry(ctx context.Context, client clients.Interface, dryRun bool, done Done) {
	c := &carrier{client: client, dryRun: dryRun, done: done, stays: map[types.UID]bool{}, retryEvery: cmp.Or(p.retryEvery, defaultRetryEvery)}
	side(ctx, p.Jobs, func(one Item) { c.job(ctx, one) })
	side(ctx, p.Claims, func(one Claim) { c.claim(ctx, one) })
}

// side does work side by side, and ends early when ctx is done.
func side[T any](ctx context.Context, all []T, work func(T)) {
	var group errgroup.Group
	group.SetLimit(workers)
	for _, one := range all {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error { work(one); return nil })
	}
	_ = group.Wait() // no work fails
}

func (c *carrier) tell(one Object, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.stays[one.UID] = true
	}
	c.done(one, err)
}

// stayed reports whether the object with that UID was not deleted. Other workers add to stays meanwhile.
func (c *carrier) stayed(uid types.UID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stays[uid]
}

func (c *carrier) job(ctx context.Context, one Item) {
	err := c.remove(ctx, one.Object)
	c.tell(one.Object, err)
	if err != nil {
		return
	}
	for _, with := range one.With {
		if err := c.remove(ctx, with); err != nil && !errors.Is(err, errChanged) && !errors.Is(err, errReplaced) {
			c.tell(with, err) // what was changed, such as by rerun, is another's by now
		}
	}
}

func (c *carrier) claim(ctx context.Context, one Claim) {
	for _, of := range one.Jobs {
		if c.stayed(of.UID) {
			c.tell(one.Object, &heldError{of.Name})
			return
		}
	}
	c.tell(one.Object, c.remove(ctx, one.Object))
}

// ask asks once. Ctrl-C does not cut it off: then nobody would know whether it was done.
func (c *carrier) ask(ctx context.Context, one Object) error {
	ctx, cancel := interrupt.Tidy(ctx, unhurried)
	defer cancel()
	return remove(ctx, c.client, one, c.dryRun)
}

func (c *carrier) remove(ctx context.Context, one Object) error {
	err := c.ask(ctx, one)
	for waited := time.Duration(0); c.outage.Passing(err) && waited < enduring && watcher.Sleep(ctx, c.retryEvery); waited += c.retryEvery {
		err = c.ask(ctx, one) // asking twice deletes once: it goes by UID
	}
	switch {
	case apierrors.IsNotFound(err):
		return nil // somebody else was quicker
	case apierrors.IsConflict(err):
		return c.conflict(ctx, one, err)
	}
	return err
}

// conflict returns why a deletion met the conflict refused. Admission can answer with a conflict for an object
// that nothing has changed: then the reason is its answer.
func (c *carrier) conflict(ctx context.Context, one Object, refused error) error {
	now, err := accessTo(c.client, one).get(ctx)
	switch {
	case apierrors.IsNotFound(err):
		return nil
	case err != nil:
		return errChanged
	case now.GetUID() != one.UID:
		return errReplaced
	case now.GetDeletionTimestamp() != nil:
		return nil // somebody else deletes it
	case one.Version == "" || now.GetResourceVersion() == one.Version:
		return refused
	}
	return errChanged
}

// Stays reports whether err says that something was left on purpose.
func Stays(err error) bool {
	var held *heldError
	return errors.Is(err, errChanged) || errors.Is(err, errReplaced) || errors.As(err, &held)
}

// heldError says that a claim stays because a job of its results does.
type heldError struct{ job string }

// Error returns the sentence for people.
func (e *heldError) Error() string { return "job " + e.job + " was not deleted" }
