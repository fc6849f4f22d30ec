package s3

import (
	"context"
	"testing"
	"time"
)

// TestPaceFewerRequestsForABusyStore: half as many with each refusal, never none, and slowly more again.
func TestPaceFewerRequestsForABusyStore(t *testing.T) {
	p := newPace()
	fill := func() (n int) {
		for ; ; n++ {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			err := p.acquire(ctx)
			cancel()
			if err != nil {
				return n
			}
		}
	}
	if n := fill(); n != mostRequests {
		t.Fatalf("%d at first", n)
	}
	for range mostRequests {
		p.release(true)
	}
	if n := fill(); n != 1 {
		t.Errorf("%d after refusals only", n)
	}
	p.release(false)
	for range 20 {
		if err := p.acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.release(false)
	}
	if n := fill(); n < 3 || n > 10 {
		t.Errorf("%d after some good answers", n)
	}
}

// TestBackoffGrows from a moment to the longest pause, and is never the same for all.
func TestBackoffGrows(t *testing.T) {
	for attempt, longest := range map[int]time.Duration{
		0: defaultPause, 1: defaultPause, 2: 2 * defaultPause, 5: 16 * defaultPause, 8: 20 * time.Second, 40: 20 * time.Second,
	} {
		pauses := map[time.Duration]bool{}
		for range 10 {
			pause, err := backoff(defaultPause).BackoffDelay(attempt, nil)
			if err != nil || pause < longest/2 || pause > longest {
				t.Errorf("%d: %v, %v", attempt, pause, err)
			}
			pauses[pause] = true
		}
		if len(pauses) < 2 {
			t.Errorf("%d: always the same", attempt)
		}
	}
}
