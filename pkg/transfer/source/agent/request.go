package agent

import (
	"bytes"
	"context"
	"net/http"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
)

// fitting is how many of count entries with these paths, at least one, go into one request of
// so many bytes.
func fitting(count, limit int, path func(int) string) int {
	const numbers = 3 * 10 // the most that a length and two numbers take
	size := 0
	for i := range count {
		size += len(path(i)) + numbers
		if i > 0 && (size > limit || i == wire.MaxEntries) {
			return i
		}
	}
	return count
}

// fits is how many of entries go into a request of their own.
func fits(entries []wire.Entry) int {
	return fitting(len(entries), wire.MaxRequest, func(i int) string { return entries[i].Path })
}

// ask sends a request that only reads, and returns the stream that answers it.
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

// post sends a request and returns its answer, which may be silent for so long at most.
func (s *Source) post(ctx context.Context, endpoint string, body []byte) (*answered, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	watch := newWatch(s.silence, cancel)
	target := "http://agent/v1/" + endpoint + "?codec=" + s.codec.String()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		cancel(nil)
		return nil, err
	}
	// What is asked for twice is only done twice: a request that met a closed connection
	// is sent again. An empty value says so to package net/http and is not sent.
	request.Header["Idempotency-Key"] = nil
	watch.start()
	answer, err := s.client.Do(request) //nolint:bodyclose // who is given the answer does it
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
