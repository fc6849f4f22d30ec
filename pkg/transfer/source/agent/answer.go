package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// answered is the body of a response.
type answered struct {
	io.ReadCloser
	ctx    context.Context // its cause says why the request ended
	cancel context.CancelCauseFunc
}

// Close ends the request.
func (a *answered) Close() error {
	a.cancel(nil)
	return a.ReadCloser.Close()
}

// refusal returns the error of a response whose status is not 200.
func refusal(answer *http.Response) error {
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, wire.MaxRequest))
	if err != nil {
		return &transfer.LostError{Cause: err}
	}
	if answer.StatusCode == http.StatusNotFound {
		missing := &transfer.MissingPathError{}
		if paths, err := wire.ParseRequest(body); err == nil {
			for _, entry := range paths.All() {
				missing.Paths = append(missing.Paths, entry.Path)
			}
		}
		if len(missing.Paths) > 0 {
			return missing
		}
	}
	text := strings.TrimSpace(string(body[:min(len(body), 1<<10)]))
	refused := fmt.Errorf("the agent returned %s: %s", printable.Escape(answer.Status), printable.Fold(text))
	if answer.StatusCode >= http.StatusInternalServerError {
		return &transfer.LostError{Cause: refused}
	}
	return refused
}

// lost returns a *LostError for the end of a request or a stream. If the caller cancelled
// it, lost returns the cause unchanged, because there must be no retry.
func lost(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	silent, ok := errors.AsType[*silentError](cause)
	switch {
	case ok:
		err = silent
	case cause != nil:
		return cause
	}
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		err = urlErr.Err // without the URL, which has no meaning for the user
	}
	return &transfer.LostError{Cause: err}
}
