package buckettest

import (
	"net/http"
	"sync/atomic"
	"time"
)

// Counted is a Door that is told which request it is, from 1 on.
func Counted(door func(n int64, w http.ResponseWriter, r *http.Request) bool) Door {
	var n atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) bool { return door(n.Add(1), w, r) }
}

// Troubles are what a store may say now and then, through all of which everything must come.
// Pre-signed requests must be valid for so long.
func Troubles(validity time.Duration) map[string]Door {
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
			time.Sleep(validity)
			return Answer(w, http.StatusForbidden, "AccessDenied")
		}),
	}
}
