// Package s3test runs an S3 store inside a test, with simulated faults. It does not check
// signatures: the store of the test cluster does.
package s3test

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
)

// Bucket is the bucket of each store.
const Bucket = "results"

// Door handles a request before the store. It reports whether it has written a response.
type Door func(http.ResponseWriter, *http.Request) bool

// Start returns a store and its backend. door may be nil.
func Start(t testing.TB, door Door) (*s3.Store, gofakes3.Backend) {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket(Bucket); err != nil {
		t.Fatal(err)
	}
	fake := gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if door == nil || !door(w, r) {
			fake.ServeHTTP(w, r)
		}
	}))
	web.Config.ErrorLog = log.New(io.Discard, "", 0)
	web.Start()
	t.Cleanup(web.Close)
	return Open(t, web.URL), backend
}

// Setenv gives the test an AWS configuration. A test with parallel subtests calls it before they start: they cannot
// set the environment.
func Setenv(t testing.TB) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
	} {
		if os.Getenv(name) != value {
			t.Setenv(name, value)
		}
	}
}

// Open returns the store at a URL, which accepts any key. Pauses before retries are short.
func Open(t testing.TB, url string) *s3.Store {
	t.Helper()
	Setenv(t)
	store, err := s3.Open(t.Context(), s3.Options{Endpoint: url, FirstPause: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// Answer writes an error response of a store. It always returns true.
func Answer(w http.ResponseWriter, status int, code string) bool {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = w.Write([]byte("<Error><Code>" + code + "</Code><Message>said the test</Message></Error>"))
	return true
}
