package bucket

import (
	"context"
	"crypto/tls"
	"errors"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// A store that is busy or away is asked so often, with pauses with jitter up to the longest: for
// about two minutes. One that has never answered is mostly named wrongly.
const (
	tries, firstTries = 12, 3
	longestPause      = 20 * time.Second
)

// retryer is the SDK's, with patience for a store that has answered before.
type retryer struct {
	aws.RetryerV2
	reached *atomic.Bool
}

func newRetryer(reached *atomic.Bool) aws.Retryer {
	return retryer{retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff = tries, longestPause
		// The SDK's budget of retries is for services that many share; what is asked for here must come.
		o.RateLimiter = noLimit{}
	}), reached}
}

// MaxAttempts implements aws.Retryer.
func (r retryer) MaxAttempts() int {
	if r.reached.Load() {
		return tries
	}
	return firstTries
}

// IsErrorRetryable implements aws.Retryer.
func (r retryer) IsErrorRetryable(err error) bool {
	if _, untrusted := errors.AsType[*tls.CertificateVerificationError](err); untrusted {
		return false
	}
	return r.RetryerV2.IsErrorRetryable(err)
}

// noLimit lets every retry be.
type noLimit struct{}

// GetToken implements retry.RateLimiter.
func (noLimit) GetToken(context.Context, uint) (func() error, error) {
	return func() error { return nil }, nil
}

// AddTokens implements retry.RateLimiter.
func (noLimit) AddTokens(uint) error { return nil }
