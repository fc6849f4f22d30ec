package server

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
)

const (
	// putTries is how often a store is asked that is busy or unavailable: for about two minutes.
	putTries = 12
	// defaultPause is the first pause before a retry. Each next pause is twice as long, and the longest is
	// longestFactor times the first: 20 s.
	defaultPause  = 500 * time.Millisecond
	longestFactor = 40
	// putTime is how long one try may take, and stuck how long nothing of it may move.
	putTime, stuck = 15 * time.Minute, time.Minute
	// mostAnswer is how much of a store's answer is read, in bytes.
	mostAnswer = 16 << 10
)

// retryable reports whether another try may fare better.
func (u *upload) retryable(e *wire.PutError) bool {
	switch e.Status {
	case http.StatusInsufficientStorage, http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	case http.StatusTooManyRequests, http.StatusRequestTimeout:
		return true
	}
	switch e.Code {
	case "RequestTimeout", "IncompleteBody", "OperationAborted":
		return true
	case "BadDigest":
		return u.steady
	}
	return e.Unreachable || e.Status >= http.StatusInternalServerError
}

// upload is one pre-signed PUT.
type upload struct {
	url    string
	header map[string]string
	// content is sent from there, so much of it, as often as it takes.
	content      io.ReaderAt
	offset, size int64
	// steady says that content cannot change between two tries.
	steady bool
	// tries is how often; 0 for putTries.
	tries int
	// pause is the first pause before a retry.
	pause time.Duration
}

// put sends an upload and returns the object's ETag.
func put(ctx context.Context, client *http.Client, u upload) (string, *wire.PutError) {
	tries, pause := cmp.Or(u.tries, putTries), u.pause
	for try := 1; ; try++ {
		etag, failed := putOnce(ctx, client, u)
		if failed == nil || !u.retryable(failed) || try >= tries || ctx.Err() != nil {
			return etag, failed
		}
		select {
		case <-time.After(pause/2 + rand.N(pause)): //nolint:gosec // jitter, so that not all come again at once
		case <-ctx.Done():
			return "", failed
		}
		pause = min(2*pause, longestFactor*u.pause)
	}
}

// clients are those of stores, by the certificates that they trust.
type clients struct {
	mu      sync.Mutex
	byRoots map[string]*http.Client
}

// clientFor returns the client that trusts roots, which keeps its connections.
func (c *clients) clientFor(roots string) (*http.Client, *wire.PutError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if client := c.byRoots[roots]; client != nil {
		return client, nil
	}
	client, err := storeClient(roots)
	if err != nil {
		return nil, &wire.PutError{Message: err.Error()}
	}
	if c.byRoots == nil {
		c.byRoots = map[string]*http.Client{}
	}
	c.byRoots[roots] = client
	return client, nil
}

// storeClient trusts roots, or everybody's where there are none.
func storeClient(roots string) (*http.Client, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if roots != "" {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM([]byte(roots)) {
			return nil, errors.New("the CA bundle contains no certificate")
		}
	}
	return &http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, TLSClientConfig: config, TLSHandshakeTimeout: defaultPatience, ExpectContinueTimeout: 2 * time.Second, ResponseHeaderTimeout: stuck,
			DialContext: (&net.Dialer{Timeout: defaultPatience}).DialContext, WriteBufferSize: 256 << 10,
			MaxIdleConnsPerHost: maxPuts, IdleConnTimeout: defaultPatience,
		},
		// A signature is for one address.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

func putOnce(ctx context.Context, client *http.Client, u upload) (string, *wire.PutError) {
	ctx, cancel := context.WithTimeout(ctx, putTime)
	defer cancel()
	late := time.AfterFunc(2*stuck, cancel)
	defer late.Stop()
	request, failed := u.request(ctx, &moving{io.NewSectionReader(u.content, u.offset, u.size), late})
	if failed != nil {
		return "", failed
	}
	answer, err := client.Do(request)
	if err != nil {
		return "", &wire.PutError{Unreachable: true, Message: request.URL.Host + ": " + hidden(err)}
	}
	defer func() { _ = answer.Body.Close() }()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, mostAnswer)) // without a text the status tells
	if answer.StatusCode/100 == 2 {
		return answer.Header.Get("ETag"), nil
	}
	return "", refused(answer, string(text))
}

// worthAsking is from how many bytes on a store is asked before they go: a refusal comes
// first then.
const worthAsking = 1 << 20

func (u *upload) request(ctx context.Context, body io.Reader) (*http.Request, *wire.PutError) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, u.url, body)
	if err != nil {
		return nil, &wire.PutError{Message: "invalid URL of the store"} // the error would show it
	}
	for name, value := range u.header {
		request.Header.Set(name, value)
	}
	request.ContentLength = u.size
	if u.size >= worthAsking {
		request.Header.Set("Expect", "100-continue")
	}
	if u.size == 0 {
		request.Body = http.NoBody
	}
	return request, nil
}

// moving is a body that puts an end off while it is read. The last piece and the
// answer to it have as long as any other.
type moving struct {
	io.Reader
	end *time.Timer
}

// Read implements io.Reader.
func (m *moving) Read(p []byte) (int, error) {
	m.end.Reset(2 * stuck)
	return m.Reader.Read(p)
}

// hidden is err without the URL, which holds a signature.
func hidden(err error) string {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		err = failed.Err
	}
	return err.Error()
}

// refused reads a store's answer, which is XML, or anything from what is between.
func refused(answer *http.Response, text string) *wire.PutError {
	return &wire.PutError{
		Status: answer.StatusCode, Code: element(text, "Code"),
		Message: strings.TrimSpace(answer.Request.URL.Host + ": " + answer.Status + " " + element(text, "Message")),
	}
}

// element returns the text of an element without children, empty where there is none.
func element(text, name string) string {
	_, rest, _ := strings.Cut(text, "<"+name+">")
	value, _, ok := strings.Cut(rest, "</"+name+">")
	if !ok || len(value) > 1<<10 {
		return ""
	}
	return value
}
