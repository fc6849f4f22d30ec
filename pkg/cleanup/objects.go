package cleanup

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-batch/kubectl-batch/pkg/bucket"
	"github.com/kubectl-batch/kubectl-batch/pkg/volume"
)

// abandoned is how old a fetch through a bucket is that nobody here knows of, when it is
// taken for dead: longer than any helper pod lives.
const abandoned = 24 * time.Hour

// Objects removes what fetches through a bucket left there that have died.
type Objects struct {
	Client kubernetes.Interface
	Now    func() time.Time
	// Dead reports whether the fetch of that id ran on this machine and runs no more.
	Dead func(id string) bool
	// Open returns the store at an endpoint; its error says that there are no credentials.
	Open func(ctx context.Context, at volume.Via) (*bucket.Store, error)
	// Say is told what was removed, and what stays and why.
	Say func(string)
}

// Sweep looks after one claim. The fetch called except is at work.
func (o Objects) Sweep(ctx context.Context, claim *corev1.PersistentVolumeClaim, except string) {
	for id, via := range volume.ViasOf(claim) {
		if id == except || !o.Dead(id) && o.Now().Sub(via.Since) < abandoned {
			continue
		}
		o.remove(ctx, via, func() error { return volume.MarkVia(ctx, o.Client, claim, id, nil) })
	}
}

// Gone looks after a claim that was deleted, for which nobody is at work any more.
func (o Objects) Gone(ctx context.Context, claim Claim) {
	for _, via := range claim.Vias {
		o.remove(ctx, via, func() error { return nil })
	}
}

// remove removes objects and then the mark that tells of them, and says what became of it.
func (o Objects) remove(ctx context.Context, via volume.Via, unmark func() error) {
	at := bucket.Location{Bucket: via.Bucket, Prefix: via.Prefix}
	store, err := o.Open(ctx, via)
	count := 0
	if err == nil {
		count, err = store.Empty(ctx, via.Bucket, via.Prefix+"/")
	}
	if err == nil {
		err = unmark()
	}
	switch {
	case err != nil:
		o.Say(fmt.Sprintf("Note: what a fetch left at %s when it was broken off stays there: %v", at, err))
	case count > 0:
		o.Say(fmt.Sprintf("Removed what a fetch left at %s when it was broken off", at))
	}
}
