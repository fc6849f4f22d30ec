package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// mostAnswer is the maximum length of a response to a certificate, in bytes.
const mostAnswer = 64 << 10

// enroll sends certificate to the agent and returns the agent's certificate and port.
func enroll(ctx context.Context, exec transport.Dialer, certificate []byte) (wire.Enrolment, error) {
	var answer wire.Enrolment
	chooser := transport.NewChooser(nil, exec)
	defer chooser.Close()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+transport.Host+"/v1/enroll", bytes.NewReader(certificate))
	if err != nil {
		return answer, err
	}
	response, err := chooser.HTTPClient().Do(request)
	if err != nil {
		return answer, fmt.Errorf("connecting to the agent: %w", bare(err))
	}
	defer func() { _ = response.Body.Close() }() // only read from
	text, err := io.ReadAll(io.LimitReader(response.Body, mostAnswer))
	switch {
	case err != nil:
		return answer, fmt.Errorf("connecting to the agent: %w", err)
	case response.StatusCode != http.StatusOK:
		return answer, fmt.Errorf("the agent rejected the certificate: %s: %.200q", response.Status, text)
	}
	if err := json.Unmarshal(text, &answer); err != nil || answer.Port <= 0 {
		return answer, errors.New("the agent sent an invalid response to the certificate")
	}
	return answer, nil
}

// bare returns err without the URL, which has no meaning for the user.
func bare(err error) error {
	if cause := errors.Unwrap(err); cause != nil {
		return cause
	}
	return err
}
