package transfer

import (
	"context"
	"time"
)

// Grace is how long cleanup may take after the user has stopped a fetch.
const Grace = 1200 * time.Millisecond

// Outlast returns a context for cleanup. It ends when the time grace has passed after the end of ctx, or the time limit
// after this call.
func Outlast(ctx context.Context, grace, limit time.Duration) (context.Context, context.CancelFunc) {
	still, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	return still, func() {
		stop()
		cancel()
	}
}
