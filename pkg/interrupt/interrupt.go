// Package interrupt is what a signal means for a command: the cause that its context ends with,
// and how long it may tidy up after that. A command ends within two seconds of the first
// signal; what tidies up therefore ends before that, whatever the network does.
package interrupt

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// Grace is how long a command may tidy up after a signal.
	Grace = 1500 * time.Millisecond
	// Limit is when the process ends at the latest, tidied up or not.
	Limit = 1900 * time.Millisecond
)

// Signal is the cause of a context that a signal has ended.
type Signal struct {
	// Name is that of the signal: SIGTERM.
	Name string
	// Status is the exit status that the command ends with.
	Status int
	// Over is closed when the time to tidy up is over.
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

// Tidy returns a context for what must be done also when ctx is done: it ends after limit,
// and sooner where a signal leaves less time: then the signal is its cause.
func Tidy(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	limited, cancelLimit := context.WithTimeout(context.WithoutCancel(ctx), limit)
	own, cancel := context.WithCancelCause(limited)
	stop := context.AfterFunc(ctx, func() {
		signal, ok := Of(ctx)
		if !ok {
			return
		}
		select {
		case <-signal.Over:
			cancel(signal)
		case <-own.Done():
		}
	})
	return own, func() {
		stop()
		cancel(context.Canceled)
		cancelLimit()
	}
}

// Explain returns err, or what a signal has to do with it: a request that ends because the time to tidy up is
// over fails with "context canceled", which tells a user nothing.
func Explain(ctx context.Context, err error) error {
	signal, ok := Of(ctx)
	if !ok || !errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("no response before %s ended the command", signal.Name)
}
