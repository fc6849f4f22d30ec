package s3_test

import (
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
)

// Stores are compared by their endpoints, so each endpoint has one form, wherever it is read.
func TestEndpointsHaveOneForm(t *testing.T) {
	environment(t, "", nil)
	for text, want := range map[string]string{
		"https://s3.example.org":            "https://s3.example.org",
		"https://s3.example.org/":           "https://s3.example.org",
		"https://s3.example.org//":          "https://s3.example.org",
		"HTTPS://S3.Example.ORG/":           "https://s3.example.org",
		"https://s3.example.org:443":        "https://s3.example.org",
		"https://s3.example.org:443/":       "https://s3.example.org",
		"https://s3.example.org:":           "https://s3.example.org",
		"http://minio:80/":                  "http://minio",
		"http://minio:443":                  "http://minio:443",
		"https://minio:80":                  "https://minio:80",
		"http://MinIO:9000/":                "http://minio:9000",
		"https://[::1]:443/":                "https://[::1]",
		"https://[::1]:9000":                "https://[::1]:9000",
		"https://proxy.example.org/Store/":  "https://proxy.example.org/Store",
		"https://proxy.example.org/St%6Fre": "https://proxy.example.org/Store",
	} {
		if got := s3.Endpoint(text); got != want {
			t.Errorf("%q is %q; want %q", text, got, want)
		}
		store, err := s3.Configure(t.Context(), s3.Options{Endpoint: text})
		if err != nil || store.Endpoint() != want {
			t.Errorf("--endpoint-url=%q: %v; want %q", text, err, want)
		}
		t.Setenv("AWS_ENDPOINT_URL_S3", text)
		store, err = s3.Configure(t.Context(), s3.Options{})
		if err != nil || store.Endpoint() != want {
			t.Errorf("AWS_ENDPOINT_URL_S3=%q: %v; want %q", text, err, want)
		}
		t.Setenv("AWS_ENDPOINT_URL_S3", "")
	}
}
