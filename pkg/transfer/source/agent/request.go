package agent

import (
	"bytes"
	"context"
	"net/http"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
)

// fitting returns how many of count entries with these paths, at least one, fit into one request of
// limit bytes.
func fitting(count, limit int, path func(int) string) int {
	const numbers = 3 * 10 // the maximum length of three encoded numbers
	size := 0
	for i := range count {
		size += len(path(i)) + numbers
		if i > 0 && (size > limit || i == wire.MaxEntries) {
			return i
		}
	}
	return count
}

// fits returns how many of entries fit into one request.
func fits(entries []wire.Entry) int {
	return fitting(len(entries), wire.MaxRequest, func(i int) string { return entries[i].Path })
}

// ask sends a request without side effects, and returns the stream of the response.
func (s *Source) ask(ctx context.Context, endpoint string, entries []wire.Entry) (*stream, error) {
	var body []byte
	for _, entry := range entries {
		body = wire.AppendEntry(body, entry)
	}
	answer, err := s.post(ctx, endpoint, body)
	if err != nil {
		return nil, err
	}
	return s.stream(answer), nil
}

// post sends a request and returns the body of the response. It cancels the request if no data
// arrives for the time s.silence.
func (s *Source) post(ctx context.Context, endpoint string, body []byte) (*answered, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	watch := newWatch(s.silence, cancel)
	target := "http://agent/v1/" + endpoint + "?codec=" + s.codec.String()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		cancel(nil)
		return nil, err
	}
	// Requests are idempotent. This key makes net/http retry a request on a closed connection.
	// With a nil value the header is not sent.
	request.Header["Idempotency-Key"] = nil
	watch.start()
	answer, err := s.client.Do(request) //nolint:bodyclose // the caller closes it
	watch.stop()
	if err == nil && answer.StatusCode != http.StatusOK {
		err = refusal(answer)
	} else if err != nil {
		err = lost(ctx, err)
	}
	if err != nil {
		cancel(nil)
		return nil, err
	}
	return &answered{&watched{answer.Body, watch}, ctx, cancel}, nil
}
