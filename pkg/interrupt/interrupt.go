// Package interrupt defines what a signal means for a command: the cause that its context ends with,
// and the time for cleaning up after that. A command ends within two seconds of the first
// signal. Therefore clean-up ends before that, whatever the network does.
package interrupt

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// Grace is the time for cleaning up after a signal.
	Grace = 1500 * time.Millisecond
	// Limit is when the process ends at the latest, even if clean-up is not complete.
	Limit = 1900 * time.Millisecond
)

// Signal is the cause of a context that a signal has ended.
type Signal struct {
	// Name is the name of the signal: SIGTERM.
	Name string
	// Status is the exit status that the command ends with.
	Status int
	// Over is closed when the time for cleaning up has expired.
	Over <-chan struct{}
}

// Error implements error.
func (s *Signal) Error() string { return context.Canceled.Error() + " by " + s.Name }

// Is makes errors.Is(cause, context.Canceled) hold, as for other contexts that were canceled.
func (*Signal) Is(target error) bool { return target == context.Canceled }

// Of returns the signal that has ended ctx.
func Of(ctx context.Context) (*Signal, bool) {
	if ctx.Err() == nil {
		return nil, false
	}
	return errors.AsType[*Signal](context.Cause(ctx))
}

// Tidy returns a context for clean-up that is necessary even if ctx is done. It ends after limit,
// or earlier if a signal leaves less time; the signal is then its cause.
func Tidy(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	limited, cancelLimit := context.WithTimeout(context.WithoutCancel(ctx), limit)
	tidy, cancel := context.WithCancelCause(limited)
	stop := context.AfterFunc(ctx, func() {
		signal, ok := Of(ctx)
		if !ok {
			return
		}
		select {
		case <-signal.Over:
			cancel(signal)
		case <-tidy.Done():
		}
	})
	return tidy, func() {
		stop()
		cancel(context.Canceled)
		cancelLimit()
	}
}

// Explain returns err, or an error that names the signal: a request that ends because the time for cleaning up has
// expired fails with "context canceled", which does not help a user.
func Explain(ctx context.Context, err error) error {
	signal, ok := Of(ctx)
	if !ok || !errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("no response before %s ended the command", signal.Name)
}
