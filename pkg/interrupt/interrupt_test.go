package interrupt_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/interrupt"
)

func TestTidyOutlivesAContextUntilTheSignalIsOver(t *testing.T) {
	synctest.Test(t, tidyOutlivesAContext)
}

func tidyOutlivesAContext(t *testing.T) {
	expired := make(chan struct{})
	ctx, cancel := context.WithCancelCause(t.Context())
	child, done := context.WithTimeout(ctx, time.Hour)
	defer done()
	tidy, end := interrupt.Tidy(child, time.Hour)
	defer end()
	cancel(&interrupt.Signal{Name: "SIGTERM", Status: 143, Over: expired})
	if _, ok := interrupt.Of(child); !ok || !errors.Is(context.Cause(child), context.Canceled) {
		t.Error(context.Cause(child))
	}
	synctest.Wait()
	if tidy.Err() != nil {
		t.Fatal("there is no time to tidy up")
	}
	close(expired)
	synctest.Wait()
	if tidy.Err() == nil {
		t.Fatal("it goes on")
	}
}

func TestTidyWithoutASignal(t *testing.T) {
	synctest.Test(t, tidyWithoutASignal)
}

func tidyWithoutASignal(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	tidy, end := interrupt.Tidy(ctx, time.Hour)
	cancel()
	synctest.Wait()
	if tidy.Err() != nil {
		t.Error("it ends with its parent")
	}
	if _, ok := interrupt.Of(ctx); ok {
		t.Error("no signal came")
	}
	end()
	began := time.Now()
	short, end := interrupt.Tidy(t.Context(), time.Minute)
	defer end()
	<-short.Done()
	if took := time.Since(began); took != time.Minute {
		t.Errorf("it ended after %v", took)
	}
}

func TestExplainNamesTheSignal(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	failed := fmt.Errorf("Delete %q: %w", "https://lab", context.Canceled)
	if err := interrupt.Explain(ctx, failed); !errors.Is(err, failed) {
		t.Error(err)
	}
	cancel(&interrupt.Signal{Name: "SIGTERM"})
	if err := interrupt.Explain(ctx, failed); err.Error() != "no response before SIGTERM ended the command" {
		t.Error(err)
	}
	if err := interrupt.Explain(ctx, io.EOF); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}
