package watcher

import (
	"errors"
	"io"
	"net"
	"sync/atomic"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilnet "k8s.io/apimachinery/pkg/util/net"
)

// Outage remembers whether the API server was unavailable: an API server that starts refuses
// all users until it has read the access rules. The zero value remembers no outage.
type Outage struct{ was atomic.Bool }

// Broke records that a connection ended, for whatever reason.
func (o *Outage) Broke() { o.was.Store(true) }

// Passing reports whether err, which may be nil, is temporary, and updates the state
// with it. The caller must limit how long a refusal is retried.
func (o *Outage) Passing(err error) bool {
	if Passing(err) {
		o.Broke()
		return true
	}
	return o.was.Load() && Refused(err)
}

// Refused reports whether the API server refused the user or its rights. An API server that has just started
// refuses for a moment what it allows later; see Outage.
func Refused(err error) bool { return apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) }

// Passing reports whether the kind of err is temporary: any failure
// of the connection to the API server, and a busy API server.
func Passing(err error) bool {
	var network net.Error
	return apierrors.IsTooManyRequests(err) || apierrors.IsServerTimeout(err) || apierrors.IsTimeout(err) ||
		apierrors.IsServiceUnavailable(err) || apierrors.IsInternalError(err) || apierrors.IsResourceExpired(err) ||
		utilnet.IsConnectionRefused(err) || utilnet.IsConnectionReset(err) || utilnet.IsProbableEOF(err) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &network)
}
