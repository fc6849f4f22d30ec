// Package presigned tracks the pre-signed requests that a pod sends for this process: how long
// they are valid, whether the pod has reached the store, and what its errors mean.
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
	// DefaultValid is how long a pre-signed request is valid. A request sends about 64 MiB.
	DefaultValid = 15 * time.Minute
	// MostRenewals is how often a request is signed again because it was too old.
	MostRenewals = 5
	// firstTries is the number of attempts of a pod that has never reached the store.
	firstTries = 4
)

// Puts are the pre-signed PUT requests to one bucket, sent by one pod or its replacement. Its methods
// may be called at the same time.
type Puts struct {
	// Store signs the requests for Bucket.
	Store  *s3.Store
	Bucket string
	// Valid is how long each request is valid.
	Valid time.Duration
	// Now is the clock.
	Now     func() time.Time
	reached atomic.Bool
}

// Reached records that a request succeeded.
func (p *Puts) Reached() { p.reached.Store(true) }

// Tries returns the number of attempts for the pod; 0 means the default of the agent.
func (p *Puts) Tries() int {
	if p.reached.Load() {
		return 0
	}
	return firstTries
}

// Outdated reports whether a request failed because its signature, created at the time signed, or the
// credentials were too old. It may succeed with a new signature.
func (p *Puts) Outdated(failed *wire.PutError, signed time.Time) bool {
	refusal := p.refusal(failed)
	return refusal.Outdated() || failed.Status == http.StatusForbidden && p.Now().Sub(signed) > p.Valid-time.Second
}

func (p *Puts) refusal(failed *wire.PutError) *s3.Refusal {
	return &s3.Refusal{
		Status: failed.Status, Code: failed.Code, Message: failed.Message, Unreachable: failed.Unreachable, InPod: true, Before: p.reached.Load(),
	}
}

// Refused returns the error of a failed request, as a sentence for the user. It is a *transfer.LostError
// if another attempt may succeed.
func (p *Puts) Refused(failed *wire.PutError) error {
	if failed.Status == 0 && !failed.Unreachable {
		return errors.New("agent: " + failed.Message)
	}
	return transfer.Lost(p.Store.Explain("write objects", p.Bucket, *p.refusal(failed)))
}
