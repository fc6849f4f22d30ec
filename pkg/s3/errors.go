package s3

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Refusal describes a failed request to a store.
type Refusal struct {
	// Status is the HTTP status and Code the store's error code. Both are empty without a response.
	Status        int
	Code, Message string
	// Unreachable says that there was no response. Message has the cause.
	Unreachable bool
	// Region is the region of the bucket, if the store reports it.
	Region string
	// InPod says that the request came from a pod, not from this machine. Before says that the same machine or
	// pods had reached the store before.
	InPod, Before bool
	// localAccepted says that the store accepted a request of this machine.
	localAccepted bool
}

// Error is an error of a store.
type Error struct {
	Refusal
	text string
}

// Error returns the sentence for the user.
func (e *Error) Error() string { return e.text }

// Passing reports whether a later attempt may succeed. All transfers through a bucket use it. A store that was never
// reached is not retried, because its endpoint is probably wrong.
func (e *Error) Passing() bool {
	switch {
	case e.Unreachable:
		return e.Before && !untrusted(e.Message)
	case e.Status == http.StatusNotImplemented || e.Status == http.StatusHTTPVersionNotSupported || e.kind() == "InsufficientStorage":
		return false
	}
	return e.Status >= http.StatusInternalServerError || e.Status == http.StatusTooManyRequests
}

// explain turns an error of the SDK into an *Error. doing is the failed operation, such as "list objects".
func (s *Store) explain(doing, bucket string, err error) error {
	switch {
	case err == nil:
		s.reached.Store(true)
		return nil
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded) && !unanswered(err):
		return context.DeadlineExceeded
	}
	if explained, ok := errors.AsType[*Error](err); ok {
		return explained
	}
	r := Refusal{Message: plain(err)}
	if answer, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		r.Status, r.Region = answer.HTTPStatusCode(), answer.Response.Header.Get("X-Amz-Bucket-Region")
	}
	if apiErr, ok := errors.AsType[smithy.APIError](err); ok {
		r.Code, r.Message = apiErr.ErrorCode(), apiErr.ErrorMessage()
	}
	r.Unreachable, r.Before = unanswered(err), s.reached.Load()
	return s.Explain(doing, bucket, r)
}

// untrusted reports whether the error message says that the server is not the expected one. Then a retry does not
// help.
func untrusted(message string) bool {
	return slices.ContainsFunc([]string{
		"x509:", "server gave HTTP response to HTTPS client", "first record does not look like a TLS handshake", "remote error: tls:",
	}, func(sign string) bool { return strings.Contains(message, sign) })
}

func unanswered(err error) bool {
	_, ok := errors.AsType[*smithyhttp.RequestSendError](err)
	return ok
}

// Explain returns the *Error for a refusal. doing is the failed operation, such as "list objects".
func (s *Store) Explain(doing, bucket string, r Refusal) error {
	endpoint := s.endpoint
	if r.InPod {
		endpoint, r.localAccepted = s.inCluster, s.reached.Load()
	}
	return &Error{r, fmt.Sprintf("bucket %q at %s: %s", bucket, endpoint, s.sentence(doing, r))}
}
