package s3

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// tries is the number of attempts if the store is busy or unavailable. They take about two minutes. It is firstTries if
// the store has never responded, because then its endpoint is probably wrong.
const tries, firstTries = 12, 3

// defaultPause is the first pause before a request is retried. Each next pause is twice as long, and the longest is
// longestFactor times the first: 20 s.
const (
	defaultPause  = 250 * time.Millisecond
	longestFactor = 80
)

// backoff computes the pauses between the attempts of one request. The value is the first pause. Each request has
// its own pauses, so that a store which is too busy for one of many streams does not stop the others.
type backoff time.Duration

// BackoffDelay implements retry.BackoffDelayer. The first attempt is 1. The jitter spreads the retries.
func (b backoff) BackoffDelay(attempt int, _ error) (time.Duration, error) {
	firstPause := time.Duration(b)
	longest := longestFactor * firstPause
	if attempt < 8 {
		longest = min(longest, firstPause<<(max(attempt, 1)-1))
	}
	return longest/2 + rand.N(longest/2), nil //nolint:gosec // jitter needs no secret
}

// retryer is the retryer of the SDK, with more attempts for a store that has responded before.
type retryer struct {
	aws.RetryerV2
	reached *atomic.Bool
}

func newRetryer(reached *atomic.Bool, firstPause time.Duration) aws.Retryer {
	return retryer{retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.Backoff = tries, backoff(firstPause)
		// The SDK limits the total number of retries to protect shared services. Here each request must succeed.
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
	if unanswered(err) && untrusted(plain(err)) {
		return false
	}
	_, silent := errors.AsType[*silentError](err)
	return silent || r.RetryerV2.IsErrorRetryable(err)
}

// noLimit allows every retry.
type noLimit struct{}

// GetToken implements retry.RateLimiter.
func (noLimit) GetToken(context.Context, uint) (func() error, error) {
	return func() error { return nil }, nil
}

// AddTokens implements retry.RateLimiter.
func (noLimit) AddTokens(uint) error { return nil }
