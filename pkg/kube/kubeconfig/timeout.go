package kubeconfig

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"k8s.io/client-go/rest"
)

// boundRequests has --request-timeout bound each request, and of streams (logs that
// are followed, watches, connections that are upgraded) only the time until they
// begin: client-go would cut them off after that time.
func boundRequests(config *rest.Config) {
	limit := config.Timeout
	if limit <= 0 {
		return
	}
	config.Timeout = 0
	config.Wrap(func(base http.RoundTripper) http.RoundTripper { return &boundedTransport{base: base, limit: limit} })
}

type boundedTransport struct {
	base  http.RoundTripper
	limit time.Duration
}

// RoundTrip implements http.RoundTripper.
func (t *boundedTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Header.Get("Upgrade") != "" {
		return t.base.RoundTrip(request)
	}
	ctx, cancel := context.WithCancelCause(request.Context())
	timer := time.AfterFunc(t.limit, func() { cancel(&timeoutError{limit: t.limit}) })
	response, err := t.base.RoundTrip(request.WithContext(ctx))
	if err != nil {
		timer.Stop()
		if late := context.Cause(ctx); late != nil && request.Context().Err() == nil {
			err = late
		}
		cancel(nil)
		return nil, err
	}
	if isStream(request) {
		timer.Stop()
	}
	response.Body = &boundedBody{ReadCloser: response.Body, end: func() { timer.Stop(); cancel(nil) }}
	return response, nil
}

// isStream reports whether the response to a request is a stream, such as a watch.
func isStream(request *http.Request) bool {
	query := request.URL.Query()
	return query.Get("watch") == "true" || strings.HasSuffix(request.URL.Path, "/log")
}

// boundedBody ends the bound of its request when it is closed.
type boundedBody struct {
	io.ReadCloser

	end func()
}

// Close implements io.Closer.
func (b *boundedBody) Close() error {
	defer b.end()
	return b.ReadCloser.Close()
}

// timeoutError means that --request-timeout has expired; it is a net.Error.
type timeoutError struct{ limit time.Duration }

// Error returns a sentence for users.
func (e *timeoutError) Error() string {
	return fmt.Sprintf("the API server did not answer within --request-timeout=%s", e.limit)
}

// Timeout implements net.Error.
func (e *timeoutError) Timeout() bool { return true }

// Temporary implements net.Error.
func (e *timeoutError) Temporary() bool { return true }
