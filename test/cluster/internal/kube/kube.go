// Package kube is a small client of the API server with the functions that are needed to
// start a cluster. It uses only the standard library.
package kube

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// Media types of the API server's patches.
const (
	ApplyYAML  = "application/apply-patch+yaml"
	MergePatch = "application/merge-patch+json"
)

// Client talks to one API server as one user.
type Client struct {
	Server string
	http   *http.Client
}

// StatusError is an answer that is no success.
type StatusError struct {
	Code    int
	Message string
}

func (e *StatusError) Error() string { return fmt.Sprintf("HTTP %d: %s", e.Code, e.Message) }

// New makes a client from the paths of the authority's certificate, and of the
// user's certificate and key.
func New(server, caFile, certFile, keyFile string) (*Client, error) {
	ca, err := os.ReadFile(caFile)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	cert, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{cert}}
	transport := &http.Transport{TLSClientConfig: config}
	return &Client{Server: server, http: &http.Client{Transport: transport, Timeout: 15 * time.Second}}, nil
}

// Ready reports whether the server reports that it is ready.
func (c *Client) Ready(ctx context.Context) bool {
	return c.do(ctx, http.MethodGet, "/readyz", "", nil, nil) == nil
}

// Get reads an object into out, which may be nil.
func (c *Client) Get(ctx context.Context, path string, out any) error {
	return c.do(ctx, http.MethodGet, path, "", nil, out)
}

// Apply creates or changes an object so that it matches the YAML, whoever created it.
func (c *Client) Apply(ctx context.Context, path, yaml string) error {
	return c.do(ctx, http.MethodPatch, path+"?fieldManager=cluster&force=true", ApplyYAML, []byte(yaml), nil)
}

// Patch changes a part of an object.
func (c *Client) Patch(ctx context.Context, path string, patch any) error {
	b, err := json.Marshal(patch)
	if err != nil {
		return err
	}
	return c.do(ctx, http.MethodPatch, path, MergePatch, b, nil)
}

// Delete deletes an object; a missing object is no error.
func (c *Client) Delete(ctx context.Context, path string) error {
	err := c.do(ctx, http.MethodDelete, path, "", nil, nil)
	if NotFound(err) {
		return nil
	}
	return err
}

// NotFound reports whether the server answered that the object does not exist.
func NotFound(err error) bool {
	var status *StatusError
	return errors.As(err, &status) && status.Code == http.StatusNotFound
}

func (c *Client) do(ctx context.Context, method, path, mediaType string, body []byte, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, c.Server+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if mediaType != "" {
		req.Header.Set("Content-Type", mediaType)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %w", method, path, &StatusError{resp.StatusCode, message(b)})
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(b, out)
}

// message returns the message of a Status object.
func message(body []byte) string {
	var status struct{ Message string }
	if json.Unmarshal(body, &status) == nil && status.Message != "" {
		return status.Message
	}
	return strings.TrimSpace(string(body))
}
