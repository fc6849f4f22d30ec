package s3_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
)

func TestSentences(t *testing.T) {
	for code, test := range map[string]struct {
		status int
		want   string
	}{
		"NoSuchBucket":          {404, "the bucket does not exist"},
		"AccessDenied":          {403, `profile "default", or the access key of the environment, is not allowed to write objects`},
		"InvalidAccessKeyId":    {403, "does not know the access key"},
		"SignatureDoesNotMatch": {403, "does not match its access key"},
		"ExpiredToken":          {400, "have expired; sign in again"},
		"RequestTimeTooSkewed":  {403, "the clocks of this machine and of the store differ"},
		"PermanentRedirect":     {301, "another region"},
		"InsufficientStorage":   {507, "cannot write objects: the store has no space left (InsufficientStorage: said the test)"},
		"QuotaExceeded":         {403, "cannot write objects: the store has no space left"},
		"Odd":                   {418, "cannot write objects: Odd: said the test"},
	} {
		store := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(test.status)
			_, _ = io.WriteString(w, "<Error><Code>"+code+"</Code><Message>said the test</Message></Error>")
		})
		err := store.Put(t.Context(), "results", "k", []byte("x"))
		if err == nil || !strings.HasPrefix(err.Error(), `bucket "results" at http://127.0.0.1:`) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", code, err)
		}
		if failed, ok := errors.AsType[*s3.Error](err); !ok || failed.Passing() {
			t.Errorf("%s: it would be tried again: %v", code, err)
		}
	}
}

func TestSentencesOfPods(t *testing.T) {
	store := serve(t, func(http.ResponseWriter, *http.Request) {})
	if err := store.Put(t.Context(), "results", "k", []byte("x")); err != nil {
		t.Fatal(err)
	}
	for want, r := range map[string]s3.Refusal{
		"check this machine's clock":           {Status: 403, Code: "AccessDenied", Message: "Request has expired"},
		"as expired or not yet valid":          {Status: 403, Code: "AccessDenied", Message: "Request is not valid yet"},
		"both reach the same store":            {Status: 403, Code: "SignatureDoesNotMatch", Message: "m"},
		"rejected the signature":               {Status: 403, Code: "InvalidAccessKeyId", Message: "m"},
		"have expired; sign in again":          {Status: 400, Code: "ExpiredToken", Message: "The provided token has expired."},
		`is not allowed to write objects`:      {Status: 403, Code: "AccessDenied", Message: "Access Denied."},
		"pods do not trust the certificate":    {Unreachable: true, Message: "ceph: tls: failed to verify certificate: x509: certificate signed by unknown authority"},
		"cannot write objects: NotImplemented": {Status: 501, Code: "NotImplemented", Message: "m"},
	} {
		r.InPod = true
		err := store.Explain("write objects", "results", r)
		if failed, ok := errors.AsType[*s3.Error](err); !ok || !strings.Contains(err.Error(), want) || failed.Passing() {
			t.Errorf("%v in place of %q", err, want)
		}
	}
}

func TestRegion(t *testing.T) {
	store := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amz-Bucket-Region", "eu-west-1")
		w.WriteHeader(http.StatusMovedPermanently)
		_, _ = io.WriteString(w, "<Error><Code>PermanentRedirect</Code><Message>said the test</Message></Error>")
	})
	if err := store.Put(t.Context(), "results", "k", []byte("x")); err == nil || !strings.HasSuffix(err.Error(), "the bucket is in region eu-west-1; use --region=eu-west-1") {
		t.Error(err)
	}
}

func TestUnreachable(t *testing.T) {
	environment(t, "", map[string]string{"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s"})
	store, err := s3.Open(t.Context(), s3.Options{Endpoint: "http://127.0.0.1:1", FirstPause: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	err = store.Put(t.Context(), "results", "k", []byte("x"))
	if err == nil || !strings.Contains(err.Error(), "this machine cannot reach the store") {
		t.Errorf("%v", err)
	}
}
