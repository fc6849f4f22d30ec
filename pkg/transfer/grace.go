package transfer

import (
	"context"
	"time"
)

// Grace is how long cleanup may take after a fetch was stopped. The user who stops it waits for at most two seconds.
const Grace = 1200 * time.Millisecond

// Outlast returns a context for cleanup. It ends grace after ctx ends, and limit after this call at the latest.
func Outlast(ctx context.Context, grace, limit time.Duration) (context.Context, context.CancelFunc) {
	still, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	return still, func() {
		stop()
		cancel()
	}
}
