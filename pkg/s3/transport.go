package s3

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

const (
	// defaultSilence is how long a store may send no data, before or within a response.
	defaultSilence = 30 * time.Second
	// joining is how long a store may take to complete a multipart upload: some stores copy the parts
	// before they respond.
	joining = 15 * time.Minute
)

// silentError says that a store sent no data for too long.
type silentError struct{ length time.Duration }

func (e *silentError) Error() string { return "no data received for " + e.length.String() }

// Timeout returns true, so that the SDK retries the request.
func (*silentError) Timeout() bool { return true }

// conversation is the HTTP client of a store. It records the store's clock, and cancels a response
// without data.
type conversation struct {
	aws.HTTPClient
	silence time.Duration
	pace    *pace
	// say may be nil. reported is true after a note, so that not every stream repeats it.
	say      func(string)
	reported atomic.Bool
	// clock is the time in the last response, in Unix seconds; 0 for none.
	clock atomic.Int64
}

// newConversation returns a client. silence is how long the store may send no data, and headers how long it may take to
// begin a response.
func newConversation(transport *awshttp.BuildableClient, say func(string), silence, headers time.Duration) *conversation {
	return &conversation{
		HTTPClient: transport.WithTransportOptions(func(t *http.Transport) { t.ResponseHeaderTimeout = headers }), silence: silence, say: say,
		pace: newPace(),
	}
}

// Do implements aws.HTTPClient.
func (c *conversation) Do(r *http.Request) (*http.Response, error) {
	if err := c.pace.acquire(r.Context()); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancelCause(r.Context())
	answer, err := c.HTTPClient.Do(r.WithContext(ctx))
	c.pace.release(err == nil && (answer.StatusCode == http.StatusServiceUnavailable || answer.StatusCode == http.StatusTooManyRequests))
	if err != nil {
		stop(nil)
		if late, ok := errors.AsType[net.Error](err); ok && late.Timeout() && r.Context().Err() == nil {
			c.reportSilence()
		}
		return answer, err
	}
	if date, err := http.ParseTime(answer.Header.Get("Date")); err == nil {
		c.clock.Store(date.Unix())
	}
	answer.Body = &body{ReadCloser: answer.Body, conversation: c, ctx: ctx, stop: stop}
	return answer, nil
}

// reportSilence notes that the store sends no data, once for all streams.
func (c *conversation) reportSilence() {
	if c.say != nil && !c.reported.Swap(true) {
		time.AfterFunc(c.silence, func() { c.reported.Store(false) })
		c.say("Note: no data received from the S3 store for " + c.silence.String() + "; retrying")
	}
}

// body is a response body that is cancelled if no data arrives.
type body struct {
	io.ReadCloser
	conversation *conversation
	ctx          context.Context
	stop         context.CancelCauseFunc
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	late := time.AfterFunc(b.conversation.silence, func() { b.stop(&silentError{b.conversation.silence}) })
	defer late.Stop()
	n, err := b.ReadCloser.Read(p)
	if silent, ok := errors.AsType[*silentError](context.Cause(b.ctx)); ok && err != nil && !errors.Is(err, io.EOF) {
		b.conversation.reportSilence()
		return n, silent
	}
	return n, err
}

// Close implements io.Closer.
func (b *body) Close() error {
	defer b.stop(nil)
	return b.ReadCloser.Close()
}
