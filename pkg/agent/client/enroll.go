package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// enrolled is the agent's answer to a certificate.
type enrolled struct {
	Certificate string `json:"certificate"`
	Port        int    `json:"port"`
}

// mostAnswer bounds an answer to a certificate, in bytes.
const mostAnswer = 64 << 10

// enroll shows the agent our certificate, and is shown the agent's.
func enroll(ctx context.Context, exec transport.Dialer, certificate []byte) (enrolled, error) {
	var answer enrolled
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

// bare is err without the URL, which says nothing to people.
func bare(err error) error {
	if cause := errors.Unwrap(err); cause != nil {
		return cause
	}
	return err
}
