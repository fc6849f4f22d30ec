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
	// defaultSilence is for how long a store may send nothing, before an answer or in the middle of one.
	defaultSilence = 30 * time.Second
	// joining is how long it may take to put the parts of an object together: stores that copy them do
	// so before they answer.
	joining = 15 * time.Minute
)

// silentError says that a store sent nothing for long.
type silentError struct{ length time.Duration }

func (e *silentError) Error() string { return "no data received for " + e.length.String() }

// Timeout reports that waiting took too long: such a request is made again.
func (*silentError) Timeout() bool { return true }

// conversation is the HTTP client of a store. It knows the store's clock, and ends what the store sends
// nothing for.
type conversation struct {
	aws.HTTPClient
	silence time.Duration
	pace    *pace
	// say may be nil; said keeps it from saying the same of every stream.
	say      func(string)
	reported atomic.Bool
	// clock is the last time that the store said, in Unix seconds; 0 for none.
	clock atomic.Int64
}

// newConversation returns a client whose store may be silent for so long, and has so long to begin an answer.
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

// reportSilence says that the store is silent, once for all streams.
func (c *conversation) reportSilence() {
	if c.say != nil && !c.reported.Swap(true) {
		time.AfterFunc(c.silence, func() { c.reported.Store(false) })
		c.say("Note: no data received from the S3 store for " + c.silence.String() + "; retrying")
	}
}

// body is an answer that ends when nothing of it comes.
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
