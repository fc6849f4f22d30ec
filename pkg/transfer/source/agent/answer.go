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

// answered is an answer that has begun.
type answered struct {
	io.ReadCloser
	ctx    context.Context // tells who ended the request
	cancel context.CancelCauseFunc
}

// Close ends the request.
func (a *answered) Close() error {
	a.cancel(nil)
	return a.ReadCloser.Close()
}

// refusal reads an answer that is no stream.
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

// lost names what ended a request or a stream. If the caller did, that is the
// error as it is: another try would not fare better.
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
		err = urlErr.Err // its URL says nothing to people
	}
	return &transfer.LostError{Cause: err}
}
