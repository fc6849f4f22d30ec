package server

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

// TestIdleCountsFromTheLastRequest: requests keep the agent alive, also while they are answered. It ends when there was
// none for the whole time.
func TestIdleCountsFromTheLastRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan time.Time, 1)
		i := newIdle(2*time.Minute, func() { ended <- time.Now() })
		ask := func(took time.Duration) {
			handler := i.watch(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(took) }))
			handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
		}
		for range 5 {
			time.Sleep(time.Minute)
			ask(0)
		}
		ask(10 * time.Minute)
		if len(ended) > 0 {
			t.Fatal("it ended while clients used it")
		}
		start := time.Now()
		if elapsed := (<-ended).Sub(start); elapsed != 2*time.Minute {
			t.Errorf("it ended %v after the last request", elapsed)
		}
	})
}
