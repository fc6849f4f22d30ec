package kubeconfig

import (
	"net/http"
	"sync"
	"time"

	"k8s.io/utils/clock"
)

// ServerTime measures the difference between the clocks of the API server and of this machine:
// responses carry the server's time in a header. The zero value has no measurement and
// assumes no difference.
type ServerTime struct {
	mu sync.Mutex
	// The offset lies between minOffset and maxOffset, once a response was measured.
	measured             bool
	minOffset, maxOffset time.Duration
}

// Offset returns the duration to add to the time of this machine. It is 0 if responses
// show no difference between the clocks.
func (s *ServerTime) Offset() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.measured, s.minOffset <= 0 && s.maxOffset >= 0:
		return 0
	default:
		return s.minOffset + (s.maxOffset-s.minOffset)/2
	}
}

// Wrap returns a transport that learns from the responses that come through base.
func (s *ServerTime) Wrap(base http.RoundTripper) http.RoundTripper {
	return &timed{base: base, time: s, clock: time.Now} //nolint:forbidigo // the clock of this machine is what is compared
}

// learn measures a response with that date, which was requested at sent and received at
// received. The date has no fractions of a second.
func (s *ServerTime) learn(date, sent, received time.Time) {
	lowest, highest := date.Sub(received), date.Add(time.Second).Sub(sent)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.measured && lowest <= s.maxOffset && highest >= s.minOffset {
		s.minOffset, s.maxOffset = max(lowest, s.minOffset), min(highest, s.maxOffset)
		return
	}
	// This is the first response, or a clock was set.
	s.measured = true
	s.minOffset, s.maxOffset = lowest, highest
}

// timed is a transport that measures.
type timed struct {
	base  http.RoundTripper
	time  *ServerTime
	clock func() time.Time
}

// RoundTrip implements http.RoundTripper.
func (t *timed) RoundTrip(request *http.Request) (*http.Response, error) {
	sent := t.clock().Round(0) // the wall clock, which can be set meanwhile
	response, err := t.base.RoundTrip(request)
	if err != nil {
		return response, err
	}
	if date, failed := http.ParseTime(response.Header.Get("Date")); failed == nil {
		t.time.learn(date, sent, t.clock().Round(0))
	}
	return response, nil
}

// WrappedRoundTripper lets client-go find the transport below.
func (t *timed) WrappedRoundTripper() http.RoundTripper { return t.base }

// Clock returns the clock of the API server, by that of this machine.
func (s *ServerTime) Clock(local clock.PassiveClock) clock.PassiveClock { return serverClock{s, local} }

type serverClock struct {
	server *ServerTime
	local  clock.PassiveClock
}

// Now implements clock.PassiveClock.
func (c serverClock) Now() time.Time { return c.local.Now().Add(c.server.Offset()) }

// Since implements clock.PassiveClock.
func (c serverClock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }
