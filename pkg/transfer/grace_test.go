package transfer_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// TestOutlast: cleanup ends a grace period after the fetch was stopped, and at its own limit where that is sooner.
func TestOutlast(t *testing.T) {
	for name, test := range map[string]struct{ stopped, limit, want time.Duration }{
		"stopped":             {time.Hour, 2 * time.Hour, time.Hour + transfer.Grace},
		"not stopped":         {3 * time.Hour, 2 * time.Hour, 2 * time.Hour},
		"its own limit first": {time.Hour, time.Hour + time.Millisecond, time.Hour + time.Millisecond},
		"stopped before":      {0, time.Hour, transfer.Grace},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				if test.stopped == 0 {
					stop()
				} else {
					time.AfterFunc(test.stopped, stop)
				}
				began := time.Now()
				still, end := transfer.Outlast(ctx, transfer.Grace, test.limit)
				defer end()
				<-still.Done()
				if took := time.Since(began); took != test.want {
					t.Errorf("it ended after %v, not %v", took, test.want)
				}
			})
		})
	}
}
