package transport

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
)

// RefusedError is a response of the API server other than the requested tunnel. It unwraps
// to the error of the API, so that IsForbidden and similar functions of
// k8s.io/apimachinery/pkg/api/errors recognize it.
type RefusedError struct {
	Asked string                 // for example: a tunnel to port 80 of pod "x"
	Said  *apierrors.StatusError // its Code is the HTTP status
}

// Error returns the request, and the message and status of the response.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("the server refused %s: %s (HTTP %d)", e.Asked, printable.Fold(e.Said.ErrStatus.Message), e.Said.ErrStatus.Code)
}

// Unwrap returns the error of the API.
func (e *RefusedError) Unwrap() error { return e.Said }

// maxRefusal is how many bytes of an error response are read. A proxy may send a long HTML page.
const maxRefusal = 8 << 10

// refused reads the error from response. It does not close the body.
func refused(request string, response *http.Response) *RefusedError {
	body, err := io.ReadAll(io.LimitReader(response.Body, maxRefusal))
	if err != nil {
		body = nil
	}
	status := metav1.Status{}
	if err := json.Unmarshal(body, &status); err != nil || status.Kind != "Status" || status.Message == "" {
		status = metav1.Status{Status: metav1.StatusFailure, Reason: reasonOf(response.StatusCode), Message: words(body, response.Status)}
	}
	status.Code = int32(response.StatusCode)
	return &RefusedError{Asked: request, Said: &apierrors.StatusError{ErrStatus: status}}
}

// words returns the start of a body that is not from an API server, on one line.
func words(body []byte, status string) string {
	const maxLength = 200
	text := []rune(printable.Fold(string(body)))
	switch {
	case len(text) == 0 || strings.HasPrefix(string(text), "<"):
		return status
	case len(text) > maxLength:
		return string(text[:maxLength]) + "..."
	}
	return string(text)
}

// reasonOf returns the reason of the API for a status that callers handle.
func reasonOf(code int) metav1.StatusReason {
	switch code {
	case http.StatusUnauthorized:
		return metav1.StatusReasonUnauthorized
	case http.StatusForbidden:
		return metav1.StatusReasonForbidden
	case http.StatusNotFound:
		return metav1.StatusReasonNotFound
	case http.StatusServiceUnavailable:
		return metav1.StatusReasonServiceUnavailable
	}
	return metav1.StatusReasonUnknown
}
