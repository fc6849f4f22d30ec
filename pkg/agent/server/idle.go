package server

import (
	"net/http"
	"sync"
	"time"
)

// idle calls end when no request was under way for some time.
type idle struct {
	mu     sync.Mutex
	active int
	after  time.Duration
	timer  *time.Timer
	end    func()
}

func newIdle(after time.Duration, end func()) *idle {
	i := &idle{after: after, end: end}
	i.timer = time.AfterFunc(after, i.expired)
	return i
}

// watch counts the requests of handler as life.
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
	i.timer.Reset(i.after)
}

func (i *idle) expired() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.active > 0 {
		i.timer.Reset(i.after)
		return
	}
	i.end()
}
