// Package presigned is what is known of the pre-signed requests that a pod makes for this
// process: how long they hold, whether the pod has reached the store, and what its refusals mean.
package presigned

import (
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

const (
	// DefaultValid is how long a request can be made: it is for about 64 MiB.
	DefaultValid = 15 * time.Minute
	// MostRenewals is how often one is signed again because it was too old.
	MostRenewals = 5
	// firstTries is how often a store is asked by a pod that has never reached it.
	firstTries = 4
)

// Puts are those of one pod, or of the one that came after it, to one bucket. Its methods may be
// called at the same time.
type Puts struct {
	Store  *s3.Store
	Bucket string
	// Valid is how long each can be made.
	Valid   time.Duration
	Now     func() time.Time
	reached atomic.Bool
}

// Reached notes that one was carried out.
func (p *Puts) Reached() { p.reached.Store(true) }

// Tries is how often the pod is to ask; 0 is the agent's own patience.
func (p *Puts) Tries() int {
	if p.reached.Load() {
		return 0
	}
	return firstTries
}

// Outdated reports whether a request, signed then, was refused for its age or that of the
// credentials: signed again, it may be carried out.
func (p *Puts) Outdated(failed *wire.PutError, signed time.Time) bool {
	refusal := p.refusal(failed)
	return refusal.Outdated() || failed.Status == http.StatusForbidden && p.Now().Sub(signed) > p.Valid-time.Second
}

func (p *Puts) refusal(failed *wire.PutError) *s3.Refusal {
	return &s3.Refusal{
		Status: failed.Status, Code: failed.Code, Message: failed.Message, Unreachable: failed.Unreachable, InPod: true, Before: p.reached.Load(),
	}
}

// Refused is what a pod was answered, as an error for people; a *transfer.LostError where another try
// may fare better.
func (p *Puts) Refused(failed *wire.PutError) error {
	if failed.Status == 0 && !failed.Unreachable {
		return errors.New("agent: " + failed.Message)
	}
	return transfer.Lost(p.Store.Explain("write objects", p.Bucket, *p.refusal(failed)))
}
