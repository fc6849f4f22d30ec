package server

import (
	"net/http"
	"sync"
	"time"
)

// idle calls end when no request was active for the time timeout.
type idle struct {
	mu      sync.Mutex
	active  int
	timeout time.Duration
	// period counts the times without a request. The timer of an earlier one may fire late: it ends nothing.
	period int
	timer  *time.Timer
	end    func()
}

func newIdle(timeout time.Duration, end func()) *idle {
	i := &idle{timeout: timeout, end: end}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.startTimer()
	return i
}

// watch counts the active requests of handler.
func (i *idle) watch(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.add(1)
		defer i.add(-1)
		handler.ServeHTTP(w, r)
	})
}

func (i *idle) add(n int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.active += n
	i.timer.Stop()
	i.period++
	if i.active == 0 {
		i.startTimer()
	}
}

// startTimer starts a period without requests. The caller holds mu.
func (i *idle) startTimer() {
	period := i.period
	i.timer = time.AfterFunc(i.timeout, func() { i.expired(period) })
}

func (i *idle) expired(period int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if period == i.period {
		i.end()
	}
}
