package watcher

import (
	"errors"
	"io"
	"net"
	"sync/atomic"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilnet "k8s.io/apimachinery/pkg/util/net"
)

// Outage knows whether the API server was away: one that comes up again refuses
// everybody until it has read who may do what. Its zero value knows of none.
type Outage struct{ was atomic.Bool }

// Broke says that a connection ended, for whatever reason.
func (o *Outage) Broke() { o.was.Store(true) }

// Passing reports whether err, which may be nil, can go away by itself, and learns
// from it. How long a refusal is waited out is for who asks to bound.
func (o *Outage) Passing(err error) bool {
	if Passing(err) {
		o.Broke()
		return true
	}
	return o.was.Load() && (apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err))
}

// Passing reports whether err is of a kind that can go away by itself: anything
// on the way to the API server, and an API server that is busy.
func Passing(err error) bool {
	var network net.Error
	return apierrors.IsTooManyRequests(err) || apierrors.IsServerTimeout(err) || apierrors.IsTimeout(err) ||
		apierrors.IsServiceUnavailable(err) || apierrors.IsInternalError(err) || apierrors.IsResourceExpired(err) ||
		utilnet.IsConnectionRefused(err) || utilnet.IsConnectionReset(err) || utilnet.IsProbableEOF(err) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &network)
}
