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
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
)

const (
	// putTries is how often a store is asked that is busy or not there, with pauses
	// that double from firstPause to longestPause: for about two minutes.
	putTries                 = 12
	firstPause, longestPause = 500 * time.Millisecond, 20 * time.Second
	// putTime is how long one try may take, and stuck how long nothing of it may move.
	putTime, stuck = 15 * time.Minute, time.Minute
	// mostAnswer is how much of a store's answer is read, in bytes.
	mostAnswer = 16 << 10
)

// passing reports whether another try may fare better.
func passing(e *wire.PutError) bool {
	return e.Unreachable || e.Code == "RequestTimeout" || e.Code == "IncompleteBody" || e.Code == "OperationAborted" || e.Status >= http.StatusInternalServerError ||
		e.Status == http.StatusTooManyRequests || e.Status == http.StatusRequestTimeout
}

// put sends what is in the spool.
func put(ctx context.Context, target wire.Target, spool *spool) *wire.PutError {
	client, err := storeClient(target.Roots)
	if err != nil {
		return &wire.PutError{Message: err.Error()}
	}
	defer client.CloseIdleConnections()
	tries, pause := cmp.Or(target.Tries, putTries), firstPause
	for try := 1; ; try++ {
		failed := putOnce(ctx, client, target, spool)
		if failed == nil || !passing(failed) || try >= tries || ctx.Err() != nil {
			return failed
		}
		select {
		case <-time.After(pause/2 + rand.N(pause)): //nolint:gosec // jitter, so that not all come again at once
		case <-ctx.Done():
			return failed
		}
		pause = min(2*pause, longestPause)
	}
}

// storeClient trusts roots, or everybody's where there are none.
func storeClient(roots string) (*http.Client, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if roots != "" {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM([]byte(roots)) {
			return nil, errors.New("the CA bundle holds no certificate")
		}
	}
	return &http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, TLSClientConfig: config, TLSHandshakeTimeout: patience, ExpectContinueTimeout: 2 * time.Second, ResponseHeaderTimeout: stuck,
			DialContext: (&net.Dialer{Timeout: patience}).DialContext, WriteBufferSize: 256 << 10,
		},
		// A signature is for one address.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

func putOnce(ctx context.Context, client *http.Client, target wire.Target, spool *spool) *wire.PutError {
	ctx, cancel := context.WithTimeout(ctx, putTime)
	defer cancel()
	late := time.AfterFunc(2*stuck, cancel)
	defer late.Stop()
	body := &moving{io.NewSectionReader(spool.File, 0, spool.size), late}
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, target.URL, body)
	if err != nil {
		return &wire.PutError{Message: "the URL of the store cannot be used"} // the error would show it
	}
	request.ContentLength = spool.size
	request.Header.Set("Expect", "100-continue") // a refusal comes before the content goes
	if spool.size == 0 {
		request.Body = http.NoBody
	}
	answer, err := client.Do(request)
	if err != nil {
		return &wire.PutError{Unreachable: true, Message: request.URL.Host + ": " + hidden(err)}
	}
	defer func() { _ = answer.Body.Close() }()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, mostAnswer)) // without a text the status tells
	if answer.StatusCode/100 == 2 {
		return nil
	}
	return refused(answer, string(text))
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
