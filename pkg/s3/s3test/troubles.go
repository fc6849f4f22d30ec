package s3test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
	"time"
)

// Later returns the URL of a proxy for a store that adds ahead to the Date header of responses.
func Later(t testing.TB, store string, ahead time.Duration) string {
	t.Helper()
	target, err := url.Parse(store)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: func(answer *http.Response) error {
			answer.Header.Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
			return nil
		},
	})
	t.Cleanup(proxy.Close)
	return proxy.URL
}

// Counted returns a Door that receives the number of the request, from 1 on.
func Counted(door func(n int64, w http.ResponseWriter, r *http.Request) bool) Door {
	var n atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) bool { return door(n.Add(1), w, r) }
}

// Clock is a clock that a test can set forward. It starts at the present time.
type Clock struct{ ahead atomic.Int64 }

// Now returns the time of the clock.
func (c *Clock) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// Advance sets the clock forward.
func (c *Clock) Advance(d time.Duration) { c.ahead.Add(int64(d)) }

// Troubles are temporary faults of a store. All transfers must succeed with them. validity is
// how long a pre-signed request is valid, by clock.
func Troubles(clock *Clock, validity time.Duration) map[string]Door {
	return map[string]Door{
		"SlowDown for every third part": Counted(func(n int64, w http.ResponseWriter, _ *http.Request) bool {
			return n%3 == 0 && Answer(w, http.StatusServiceUnavailable, "SlowDown")
		}),
		"its own errors": Counted(func(n int64, w http.ResponseWriter, _ *http.Request) bool {
			return n%4 == 1 && Answer(w, http.StatusInternalServerError, "InternalError")
		}),
		"connections that break": Counted(func(n int64, _ http.ResponseWriter, _ *http.Request) bool {
			if n%4 == 1 {
				panic(http.ErrAbortHandler)
			}
			return false
		}),
		"requests that are too old": Counted(func(n int64, w http.ResponseWriter, r *http.Request) bool {
			if n%4 != 1 || r.Method != http.MethodPut || r.URL.Query().Get("X-Amz-Expires") == "" {
				return false
			}
			clock.Advance(validity)
			return Answer(w, http.StatusForbidden, "AccessDenied")
		}),
	}
}
