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

// Refusal is what a store answered, or did not.
type Refusal struct {
	// Status is that of the HTTP answer, Code the store's word; none where there was no answer.
	Status        int
	Code, Message string
	// Unreachable says that no server answered; Message says why.
	Unreachable bool
	// Region is where the bucket is, if the store says that.
	Region string
	// InPod says that a pod was refused and not this machine, Before that whoever was refused has reached the
	// store before.
	InPod, Before bool
	// localAccepted says that this machine was not refused.
	localAccepted bool
}

// Error is what went wrong with a store.
type Error struct {
	Refusal
	text string
}

// Error returns the sentence for people.
func (e *Error) Error() string { return e.text }

// Passing reports whether another try, later, may fare better. It is the one place that decides it, for every way
// through a bucket: a store that was never reached is named wrongly, or is none.
func (e *Error) Passing() bool {
	switch {
	case e.Unreachable:
		return e.Before && !untrusted(e.Message)
	case e.Status == http.StatusNotImplemented || e.Status == http.StatusHTTPVersionNotSupported || e.kind() == "InsufficientStorage":
		return false
	}
	return e.Status >= http.StatusInternalServerError || e.Status == http.StatusTooManyRequests
}

// explain says what err means; what was done is a clause such as "reading from it".
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

// untrusted reports whether why nobody was reached says that the server is not the one that was expected: waiting
// does not help then.
func untrusted(message string) bool {
	return slices.ContainsFunc([]string{
		"x509:", "server gave HTTP response to HTTPS client", "first record does not look like a TLS handshake", "remote error: tls:",
	}, func(sign string) bool { return strings.Contains(message, sign) })
}

func unanswered(err error) bool {
	_, ok := errors.AsType[*smithyhttp.RequestSendError](err)
	return ok
}

// Explain says what a refusal means; what was done is a clause such as "reading from it".
func (s *Store) Explain(doing, bucket string, r Refusal) error {
	endpoint := s.endpoint
	if r.InPod {
		endpoint, r.localAccepted = s.inCluster, s.reached.Load()
	}
	return &Error{r, fmt.Sprintf("bucket %q at %s: %s", bucket, endpoint, s.sentence(doing, r))}
}
