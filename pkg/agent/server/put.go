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
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/wait"
)

const (
	// putTries is the number of attempts if the store is busy or unavailable. They take about two minutes.
	putTries = 12
	// defaultPause is the first pause before a retry. Each next pause is twice as long, and the longest is
	// longestFactor times the first: 20 s.
	defaultPause  = 500 * time.Millisecond
	longestFactor = 40
	// putTime is the maximum time of one attempt, and stuck the maximum time without progress.
	putTime, stuck = 15 * time.Minute, time.Minute
	// mostAnswer is how many bytes of the store's response are read.
	mostAnswer = 16 << 10
)

// retryable reports whether another attempt may succeed.
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
	// size bytes of content, from offset on, are sent in each attempt.
	content      io.ReaderAt
	offset, size int64
	// steady says that content cannot change between two attempts.
	steady bool
	// tries is the maximum number of attempts; 0 for putTries.
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
		if !wait.For(ctx, pause/2+rand.N(pause)) { //nolint:gosec // the jitter spreads the retries
			return "", failed
		}
		pause = min(2*pause, longestFactor*u.pause)
	}
}

// clients are the HTTP clients for stores, by the root certificates that they trust.
type clients struct {
	mu      sync.Mutex
	byRoots map[string]*http.Client
}

// clientFor returns the client that trusts roots. Requests with the same roots share its
// connections.
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

// storeClient creates a client that trusts roots, or the public roots if roots is empty.
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
	text, _ := io.ReadAll(io.LimitReader(answer.Body, mostAnswer)) // if this fails, the status is reported alone
	if answer.StatusCode/100 == 2 {
		return answer.Header.Get("ETag"), nil
	}
	return "", refused(answer, string(text))
}

// worthAsking is the size, in bytes, from which a request has "Expect: 100-continue", so
// that the store can reject it before the content is sent.
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

// moving is a request body that resets a timer with each read. The same time limit holds for
// the response after the last read.
type moving struct {
	io.Reader
	end *time.Timer
}

// Read implements io.Reader.
func (m *moving) Read(p []byte) (int, error) {
	m.end.Reset(2 * stuck)
	return m.Reader.Read(p)
}

// hidden returns the text of err without the URL, because the URL contains a signature.
func hidden(err error) string {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		err = failed.Err
	}
	return err.Error()
}

// refused reads the error response of a store. It is XML, or any text from a proxy.
func refused(answer *http.Response, text string) *wire.PutError {
	return &wire.PutError{
		Status: answer.StatusCode, Code: element(text, "Code"),
		Message: strings.TrimSpace(answer.Request.URL.Host + ": " + answer.Status + " " + element(text, "Message")),
	}
}

// element returns the text of an XML element without children, "" if it does not exist.
func element(text, name string) string {
	_, rest, _ := strings.Cut(text, "<"+name+">")
	value, _, ok := strings.Cut(rest, "</"+name+">")
	if !ok || len(value) > 1<<10 {
		return ""
	}
	return value
}
