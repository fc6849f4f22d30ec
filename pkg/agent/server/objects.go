package server

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"path"
	"path/filepath"
	"sync"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
)

// maxPuts is how many files, or parts of files, are read and sent at the same time.
const maxPuts = 16

// putFiles stores files as they are, each by a request of its own.
func (a *agent) putFiles(w http.ResponseWriter, r *http.Request) {
	request, err := a.readPut(w, r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	results := make(chan wire.PutResult, 2*len(request.Files)) // nobody waits for who is gone
	go func() {
		defer close(results)
		a.putAll(r.Context(), request, results)
	}()
	a.tell(w, results)
	if r.Context().Err() != nil {
		panic(http.ErrAbortHandler) // it was told to end, which is no answer
	}
}

// readPut reads a request and refuses paths that lead nowhere inside.
func (a *agent) readPut(w http.ResponseWriter, r *http.Request) (request wire.PutRequest, err error) {
	body, err := a.body(w, r)
	if err != nil {
		return request, err
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return request, wire.ErrCorrupt // the error could quote what is secret
	}
	for _, f := range request.Files {
		if !filepath.IsLocal(f.Path) || path.Clean(f.Path) != f.Path || f.From < 0 || f.Length < 0 || f.From > f.Size-f.Length {
			return request, wire.ErrCorrupt
		}
	}
	return request, nil
}

// tell writes results as they come, and a blank now and then between them.
func (a *agent) tell(w http.ResponseWriter, results <-chan wire.PutResult) {
	out := &destination{w, http.NewResponseController(w), a.Now}
	ticker := time.NewTicker(a.beat())
	defer ticker.Stop()
	for {
		line := []byte{' '}
		select {
		case result, more := <-results:
			if !more {
				return
			}
			line = gatherLines(result, results)
		case <-ticker.C:
		}
		if _, err := out.Write(line); err != nil || out.Flush() != nil {
			for range results { // what is under way comes to its end
			}
			return
		}
	}
}

// gatherLines returns the line of a result, and of those that are there already.
func gatherLines(first wire.PutResult, more <-chan wire.PutResult) []byte {
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	_ = encoder.Encode(first)
	for range len(more) {
		if next, ok := <-more; ok {
			_ = encoder.Encode(next)
		}
	}
	return lines.Bytes()
}

// putAll stores all files of a request, some at a time.
func (a *agent) putAll(ctx context.Context, request wire.PutRequest, results chan<- wire.PutResult) {
	client, failed := a.clients.of(request.Roots)
	var all sync.WaitGroup
	defer all.Wait()
	for i, file := range request.Files {
		if failed != nil {
			results <- wire.PutResult{Index: i, Failed: failed}
			continue
		}
		select {
		case a.puts <- struct{}{}:
		case <-ctx.Done():
			return
		}
		all.Go(func() {
			defer func() { <-a.puts }()
			one := &putting{agent: a, PutFile: file, client: client, tries: request.Tries}
			one.hashed = func(state []byte) { results <- wire.PutResult{Index: i, Hashed: true, State: state} }
			result := one.run(ctx)
			result.Index = i
			results <- result
		})
	}
}
