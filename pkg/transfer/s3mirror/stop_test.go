package s3mirror_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/slowtest"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3/s3test"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/s3mirror"
)

// TestStopsInEveryPhase: a copy that is stopped ends when the time for cleanup is over, also where the store answers
// nothing any more. Every other limit is longer than half a minute.
func TestStopsInEveryPhase(t *testing.T) {
	slowtest.Skip(t)
	has := func(method, name, query string) func(*http.Request) bool {
		return func(r *http.Request) bool {
			return r.Method == method && strings.HasSuffix(r.URL.Path, name) && (query == "" || r.URL.Query().Has(query))
		}
	}
	for name, when := range map[string]func(*http.Request) bool{
		"locking":          has(http.MethodPut, ".lock", ""),
		"listing":          func(r *http.Request) bool { return r.URL.Query().Get("prefix") == place.Key("") },
		"listing uploads":  has(http.MethodGet, "", "uploads"),
		"planning":         has(http.MethodPut, ".index", ""),
		"a small file":     has(http.MethodPut, "small", ""),
		"beginning":        has(http.MethodPost, "large", "uploads"),
		"a part":           has(http.MethodPut, "large", "partNumber"),
		"putting together": has(http.MethodPost, "large", "uploadId"),
		"sums":             has(http.MethodPut, ".sha256", ""),
		"unlocking":        has(http.MethodDelete, ".lock", ""),
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			var stopped atomic.Int64
			end := make(chan struct{})
			store, _ := s3test.Start(t, func(_ http.ResponseWriter, r *http.Request) bool {
				if stopped.Load() == 0 && !when(r) {
					return false
				}
				if stopped.CompareAndSwap(0, time.Now().UnixNano()) {
					cancel()
				}
				select {
				case <-end:
				case <-r.Context().Done():
				}
				return true
			})
			t.Cleanup(func() { close(end) })
			root := t.TempDir()
			filetree.Write(t, root, filetree.Tree{"large": filetree.File(filetree.Noise(11 << 18)), "small": filetree.File("s")})
			r := request(t, root, store)
			r.SetGrace(100 * time.Millisecond)
			_, _ = s3mirror.Copy(ctx, r)
			if stopped.Load() == 0 {
				t.Fatal("the phase did not come")
			}
			if took := time.Since(time.Unix(0, stopped.Load())); took > 15*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}
