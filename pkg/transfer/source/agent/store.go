package agent

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// maxAnswer is the maximum length of a response to a store, in bytes. Most of it are blanks.
const maxAnswer = 1 << 20

// maxResult is the maximum length of the result of one file in a response to a put, in bytes.
const maxResult = 32 << 10

// Store makes the agent pack the content of wants into one object, and send it to target.
// Decode reads such an object. There may be at most Fits(wants) wants. Errors: a *wire.PutError, or those of a Source.
func (s *Source) Store(ctx context.Context, target wire.Target, wants []transfer.Want) error {
	body, err := json.Marshal(target)
	if err != nil {
		return err
	}
	body = append(body, '\n')
	for _, want := range wants {
		body = wire.AppendEntry(body, entryOf(want))
	}
	answer, err := s.post(ctx, "store", body)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Close() }() // the answer says it all
	var stored wire.Stored
	if err := json.NewDecoder(io.LimitReader(answer, maxAnswer)).Decode(&stored); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return lost(answer.ctx, fmt.Errorf("waiting for the agent to upload a chunk: %w", err))
	}
	if stored.Failed != nil {
		return stored.Failed
	}
	return nil
}

// Put makes the agent store files, one object per file. It calls report for the result of each
// file: for a part that is not the last one, twice. Errors are those of a Source. Files without
// a result must be requested again.
func (s *Source) Put(ctx context.Context, request wire.PutRequest, report func(wire.PutResult)) error {
	body, err := request.Marshal()
	if err != nil {
		return err
	}
	answer, err := s.post(ctx, "put", body)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Close() }() // the answer says it all
	reported := make([]bool, len(request.Files))
	lines := json.NewDecoder(io.LimitReader(&unzipping{source: answer}, int64(maxAnswer+len(reported)*maxResult)))
	for remaining := len(reported); remaining > 0; {
		var result wire.PutResult
		if err := lines.Decode(&result); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return lost(answer.ctx, fmt.Errorf("waiting for the agent to upload files: %w", err))
		}
		if result.Index < 0 || result.Index >= len(reported) || reported[result.Index] {
			return errUnasked
		}
		if !result.Hashed {
			reported[result.Index] = true
			remaining--
		}
		report(result)
	}
	return nil
}

// unzipping is a gzip.Reader that reads its header at the first Read.
type unzipping struct {
	source io.Reader
	zip    *gzip.Reader
}

// Read implements io.Reader.
func (u *unzipping) Read(p []byte) (n int, err error) {
	if u.zip == nil {
		if u.zip, err = gzip.NewReader(u.source); err != nil {
			return 0, err
		}
	}
	return u.zip.Read(p)
}

// awake is the interval of requests that keep an agent alive. It ends after two minutes without a request.
const awake = 30 * time.Second

// StayAwake keeps the agent alive until ctx is done, while its objects are read from the store.
func (s *Source) StayAwake(ctx context.Context) {
	for ticker := time.NewTicker(awake); ; {
		select {
		case <-ctx.Done():
			ticker.Stop()
			return
		case <-ticker.C:
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://agent/v1/ping", http.NoBody)
		if err != nil {
			continue
		}
		if answer, err := s.client.Do(request); err == nil {
			_ = answer.Body.Close()
		}
	}
}

// Fits returns how many of wants, at least one, one Store takes.
func Fits(wants []transfer.Want) int {
	return fitting(len(wants), wire.MaxRequest/2, func(i int) string { return wants[i].Path })
}

// Decode reads an object that Store created with the same wants. It calls head for each file,
// with its metadata when it was packed, before it returns the first one. Close of the result
// closes object.
func (s *Source) Decode(ctx context.Context, object io.ReadCloser, wants []transfer.Want, head func(transfer.Item)) transfer.Contents {
	ctx, cancel := context.WithCancelCause(ctx)
	return &contents{
		source: s, ctx: ctx, wants: wants, requested: len(wants), head: head,
		stream: s.stream(&answered{object, ctx, cancel}),
	}
}

// Head reads the list of files at the start of an object of Store. The object may end
// after the list.
func Head(object io.Reader) (items []transfer.Item, err error) {
	reader := wire.NewReader(object)
	for {
		frame, err := reader.Next()
		switch {
		case err == nil && frame.Kind == wire.KindNode && len(items) < wire.MaxEntries:
			items = append(items, itemOf(&frame.Node))
			continue
		case err == nil, errors.Is(err, io.EOF):
			return items, nil
		}
		return nil, err
	}
}
