package wait_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/wait"
)

func TestFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if !wait.For(t.Context(), time.Hour) || time.Since(start) != time.Hour {
			t.Errorf("waited for %v", time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start = time.Now()
		if wait.For(ctx, time.Hour) || time.Since(start) != time.Minute {
			t.Errorf("waited for %v after the end of the context", time.Since(start))
		}
	})
}
