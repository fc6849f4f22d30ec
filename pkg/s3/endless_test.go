package s3_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
)

// TestEndlessListsEnd: a store that sends the same token, or the same page, again and again is asked a few times only.
func TestEndlessListsEnd(t *testing.T) {
	const objects = "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>%s</NextContinuationToken>%s</ListBucketResult>"
	contents := func(key string) string { return "<Contents><Key>" + key + "</Key></Contents>" }
	for name, page := range map[string]func(n int64) string{
		"one token": func(n int64) string { return fmt.Sprintf(objects, "t", contents(fmt.Sprint("p/", n))) },
		"tokens in a circle": func(n int64) string {
			return fmt.Sprintf(objects, strconv.FormatInt(n%3, 10), contents(fmt.Sprint("p/", n)))
		},
		"one page":    func(n int64) string { return fmt.Sprintf(objects, strconv.FormatInt(n, 10), contents("p/x")) },
		"empty pages": func(n int64) string { return fmt.Sprintf(objects, strconv.FormatInt(n, 10), "") },
	} {
		t.Run(name, func(t *testing.T) {
			var requests atomic.Int64
			store := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, page(requests.Add(1))) })
			var failed error
			for _, err := range store.List(t.Context(), "results", "p/") {
				failed = err
			}
			if failed == nil || requests.Load() > 200 {
				t.Errorf("%v after %d pages", failed, requests.Load())
			}
			if _, err := store.Empty(t.Context(), "results", "p/"); err == nil {
				t.Error("all of an endless list was deleted")
			}
		})
	}
	uploads := func(n int64) string {
		return fmt.Sprintf("<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker><NextUploadIdMarker>u</NextUploadIdMarker>"+
			"<Upload><Key>p/%d</Key><UploadId>u</UploadId></Upload></ListMultipartUploadsResult>", n)
	}
	parts := func(n int64) string {
		return fmt.Sprintf("<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>7</NextPartNumberMarker><Part><PartNumber>%d</PartNumber></Part></ListPartsResult>", n)
	}
	var requests atomic.Int64
	store := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("uploads") {
			_, _ = io.WriteString(w, uploads(requests.Add(1)))
		} else {
			_, _ = io.WriteString(w, parts(requests.Add(1)))
		}
	})
	var ofUploads, ofParts error
	for _, err := range store.Uploads(t.Context(), "results", "p/") {
		ofUploads = err
	}
	for _, err := range store.Parts(t.Context(), "results", s3.Upload{Key: "k", ID: "u"}) {
		ofParts = err
	}
	if ofUploads == nil || ofParts == nil || requests.Load() > 10 {
		t.Errorf("%v, %v after %d pages", ofUploads, ofParts, requests.Load())
	}
}

// TestSilentStoreIsAskedAgain: an answer that stalls, before it begins or in the middle, is made again, and people are told.
func TestSilentStoreIsAskedAgain(t *testing.T) {
	content := strings.Repeat("0123456789", 1000)
	list := "<ListBucketResult><Contents><Key>k</Key></Contents></ListBucketResult>"
	for name, stall := range map[string]func(w http.ResponseWriter){
		"before it begins": func(http.ResponseWriter) {},
		"in the middle": func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "10000")
			_, _ = io.WriteString(w, content[:4000])
			w.(http.Flusher).Flush()
		},
	} {
		t.Run(name, func(t *testing.T) {
			var requests atomic.Int64
			end := make(chan struct{})
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch {
				case requests.Add(1)%2 == 1:
					stall(w)
					select {
					case <-r.Context().Done():
					case <-end:
					}
				case r.URL.Query().Has("list-type"):
					_, _ = io.WriteString(w, list)
				default:
					http.ServeContent(w, r, "", time.Time{}, strings.NewReader(content))
				}
			}))
			t.Cleanup(server.Close)
			t.Cleanup(func() { close(end) })
			environment(t, "", map[string]string{"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s"})
			var note atomic.Pointer[string]
			store, err := s3.Open(t.Context(), s3.Options{Endpoint: server.URL, Silence: 100 * time.Millisecond, FirstPause: time.Millisecond, Say: func(text string) { note.Store(&text) }})
			if err != nil {
				t.Fatal(err)
			}
			body, err := store.Get(t.Context(), "results", "k")
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(body); err != nil || string(got) != content {
				t.Errorf("%d bytes, %v", len(got), err)
			}
			if text := note.Load(); text == nil || *text != "Note: no data received from the S3 store for 100ms; retrying" {
				t.Errorf("said was %v", text)
			}
			for object, err := range store.List(t.Context(), "results", "") {
				if err != nil || object.Key != "k" {
					t.Errorf("%v, %v", object, err)
				}
			}
		})
	}
}

// TestListEndsWithItsContext, also in the middle of an answer that stalls.
func TestListEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	end := make(chan struct{})
	store := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<ListBucketResult>")
		w.(http.Flusher).Flush()
		time.AfterFunc(50*time.Millisecond, cancel) // mostly the answer has begun there
		<-end
	})
	t.Cleanup(func() { close(end) })
	began := time.Now()
	for _, err := range store.List(ctx, "results", "") {
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	if took := time.Since(began); took > 20*time.Second { // a silent store is given up after 30 s
		t.Errorf("it took %v", took)
	}
}

// TestPermanentRefusals: what no later try can better is decided in one place, for this machine as for pods.
func TestPermanentRefusals(t *testing.T) {
	for name, test := range map[string]struct {
		refusal s3.Refusal
		passing bool
	}{
		"never reached":                      {s3.Refusal{Unreachable: true, Message: "connection refused"}, false},
		"reached before":                     {s3.Refusal{Unreachable: true, Before: true, Message: "connection refused"}, true},
		"a pod, never":                       {s3.Refusal{Unreachable: true, InPod: true, Message: "connection refused"}, false},
		"a pod, before":                      {s3.Refusal{Unreachable: true, InPod: true, Before: true, Message: "connection refused"}, true},
		"an untrusted certificate":           {s3.Refusal{Unreachable: true, Before: true, Message: "x509: certificate signed by unknown authority"}, false},
		"an untrusted certificate, in a pod": {s3.Refusal{Unreachable: true, InPod: true, Before: true, Message: "tls: failed to verify certificate: x509: certificate has expired"}, false},
		"no TLS":                             {s3.Refusal{Unreachable: true, Before: true, Message: "http: server gave HTTP response to HTTPS client"}, false},
		"busy":                               {s3.Refusal{Status: 503, Code: "SlowDown"}, true},
		"too many":                           {s3.Refusal{Status: 429}, true},
		"full":                               {s3.Refusal{Status: 507, Code: "InsufficientStorage"}, false},
		"not known":                          {s3.Refusal{Status: 501, Code: "NotImplemented"}, false},
		"refused":                            {s3.Refusal{Status: 403, Code: "AccessDenied"}, false},
	} {
		store := serve(t, nil)
		refused, ok := errors.AsType[*s3.Error](store.Explain("listing it", "results", test.refusal))
		if !ok || refused.Passing() != test.passing {
			t.Errorf("%s: passing is %v", name, refused.Passing())
		}
	}
}
