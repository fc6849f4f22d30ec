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

// RefusedError is an answer of the cluster that is not the tunnel which was
// asked for. It unwraps to the API's own error, so that IsForbidden and the like
// of k8s.io/apimachinery/pkg/api/errors know it.
type RefusedError struct {
	Asked string                 // for example: a tunnel to port 80 of pod "x"
	Said  *apierrors.StatusError // its Code is the HTTP status
}

// Error says what was asked and what the cluster said.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("the server refused %s: %s (HTTP %d)", e.Asked, printable.Fold(e.Said.ErrStatus.Message), e.Said.ErrStatus.Code)
}

// Unwrap returns what the cluster said.
func (e *RefusedError) Unwrap() error { return e.Said }

// Words of a refusal are short; a proxy's HTML page need not be read to its end.
const maxRefusal = 8 << 10

// refused reads the refusal out of response, whose body it leaves open.
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

// words is what a body that no API server wrote says, on one line.
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

// reasonOf is the API's reason for the refusals that something is done about.
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
