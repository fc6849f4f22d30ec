package cleanup

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/bucket"
	"github.com/kubectl-batch/kubectl-batch/pkg/cluster"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/objects"
	"github.com/kubectl-batch/kubectl-batch/pkg/volume"
)

// abandoned is how old a fetch through a bucket is that nobody here knows of, when it is
// taken for dead: longer than any helper pod lives.
const abandoned = 7 * 24 * time.Hour

// sweeping is how long the look after one fetch may take: the store may be away.
const sweeping = 30 * time.Second

// Objects removes what fetches through a bucket left there that have died.
type Objects struct {
	Client cluster.Interface
	Now    func() time.Time
	// Dead reports whether the fetch of that id ran on this machine and runs no more.
	Dead func(id string) bool
	// Removed, if not nil, is told of such a fetch of which nothing is left.
	Removed func(id string)
	// Through is the bucket that this fetch passes through, empty for none: parts of files that were to end
	// in another one may still be gone on with.
	Through string
	// Open returns the store at an endpoint; its error says that there are no credentials.
	Open func(ctx context.Context, at volume.Via) (*bucket.Store, error)
	// Say is told what was removed, and what stays and why.
	Say func(string)
}

// OwnStore opens the store that this user's own configuration names. Where that is another
// than at says, it is an error: anybody who may annotate a claim could have written it.
func OwnStore(ctx context.Context, at volume.Via) (*bucket.Store, error) {
	store, err := bucket.Open(ctx, bucket.Options{Region: at.Region})
	if err == nil && store.Endpoint() != at.Endpoint {
		return nil, fmt.Errorf("it is at endpoint %s, and the AWS configuration here says %s", at.Endpoint, store.Endpoint())
	}
	return store, err
}

// Sweep looks after one claim. The fetch called except is at work.
func (o Objects) Sweep(ctx context.Context, claim *corev1.PersistentVolumeClaim, except string) {
	for id, via := range volume.ViasOf(claim) {
		switch old := o.Now().Sub(via.Since) >= abandoned; {
		case id == except, via.Ends && via.Bucket != o.Through, !via.Ends && !old && !o.Dead(id):
			continue
		}
		o.remove(ctx, via, o.Dead, func() error {
			if o.Removed != nil {
				o.Removed(id)
			}
			return volume.MarkVia(ctx, o.Client, claim, id, nil)
		})
	}
}

// Gone looks after a claim that was deleted, for which nobody is at work any more.
func (o Objects) Gone(ctx context.Context, claim Claim) {
	for _, via := range claim.Vias {
		o.remove(ctx, via, func(string) bool { return true }, func() error { return nil })
	}
}

// remove removes objects and then the mark that tells of them, and says what became of it.
func (o Objects) remove(ctx context.Context, via volume.Via, dead func(id string) bool, unmark func() error) {
	ctx, cancel := context.WithTimeout(ctx, sweeping)
	defer cancel()
	at := bucket.Location{Bucket: via.Bucket, Prefix: via.Prefix}
	store, err := o.Open(ctx, via)
	count := 0
	switch {
	case err != nil:
	case via.Ends:
		count, err = objects.Sweep(ctx, store, at, o.Now, dead)
	default:
		count, err = store.Empty(ctx, via.Bucket, via.Prefix+"/")
	}
	if err == nil {
		err = unmark()
	}
	_, busy := errors.AsType[*objects.LockedError](err)
	switch {
	case busy: // it is at work
	case err != nil:
		o.Say(fmt.Sprintf("Note: what a fetch left at %s when it was broken off stays there: %v", at, err))
	case count > 0:
		o.Say(fmt.Sprintf("Removed what a fetch left at %s when it was broken off", at))
	}
}
