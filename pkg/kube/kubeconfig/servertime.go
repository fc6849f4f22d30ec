package kubeconfig

import (
	"net/http"
	"sync"
	"time"

	"k8s.io/utils/clock"
)

// ServerTime knows how far the clock of the API server is from that of this machine:
// its responses carry the time in their header. The zero value knows nothing yet, and
// takes both to be the same.
type ServerTime struct {
	mu sync.Mutex
	// The offset lies between least and most, once a response has come.
	measured             bool
	minOffset, maxOffset time.Duration
}

// Offset returns what is to be added to the time of this machine. It is 0 where both
// clocks agree as far as responses show.
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

// learn takes in a response with that date, which was asked for at sent and came at
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
