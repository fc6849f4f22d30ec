// Package wait waits for a time or for the end of a context.
package wait

import (
	"context"
	"time"
)

// For waits for length. It returns false as soon as ctx is done.
func For(ctx context.Context, length time.Duration) bool {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}
