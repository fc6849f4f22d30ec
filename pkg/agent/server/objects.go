package server

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"path"
	"path/filepath"
	"sync"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
)

// maxPuts is how many files, or parts of files, are read and sent at the same time.
const maxPuts = 16

// putFiles stores files unchanged, each with a separate request to the store.
func (a *agent) putFiles(w http.ResponseWriter, r *http.Request) {
	request, err := a.readPut(w, r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	results := make(chan wire.PutResult, 2*len(request.Files)) // large enough, so that no upload blocks if the client disconnects
	go func() {
		defer close(results)
		a.putAll(r.Context(), request, results)
	}()
	a.writeResults(w, results)
	if r.Context().Err() != nil {
		panic(http.ErrAbortHandler) // the request was cancelled, so that the response is incomplete
	}
}

// readPut reads a request and rejects paths that are not clean and relative.
func (a *agent) readPut(w http.ResponseWriter, r *http.Request) (request wire.PutRequest, err error) {
	body, err := a.body(w, r)
	if err != nil {
		return request, err
	}
	if request, err = wire.ParsePut(body); err != nil {
		return request, err
	}
	for _, f := range request.Files {
		if !filepath.IsLocal(f.Path) || path.Clean(f.Path) != f.Path || f.From < 0 || f.Length < 0 || f.From > f.Size-f.Length {
			return request, wire.ErrCorrupt
		}
	}
	return request, nil
}

// gatheringTime is how long a result waits for others, because the overhead of sending one result is
// larger than the result.
const gatheringTime = 500 * time.Millisecond

// writeResults writes results in groups, and a blank as a heartbeat between them.
func (a *agent) writeResults(w http.ResponseWriter, results <-chan wire.PutResult) {
	out := newTelling(&destination{w, http.NewResponseController(w), a.Now})
	beat, due := time.NewTicker(a.Beat), time.NewTicker(gatheringTime)
	defer beat.Stop()
	defer due.Stop()
	for {
		var err error
		select {
		case result, open := <-results:
			if !open {
				out.end()
				return
			}
			if out.add(result); result.Hashed { // the client waits for it before it sends the next part
				err = out.flush()
			}
		case <-due.C:
			if out.held > 0 {
				err = out.flush()
			}
		case <-beat.C:
			_, _ = out.zip.Write([]byte{' '})
			err = out.flush()
		}
		if err != nil {
			for range results { // wait for the active uploads
			}
			return
		}
	}
}

// telling is a compressed response of JSON lines.
type telling struct {
	out   *destination
	zip   *gzip.Writer
	lines *json.Encoder
	held  int // lines that were not sent
}

func newTelling(out *destination) *telling {
	zip := gzip.NewWriter(out)
	return &telling{out: out, zip: zip, lines: json.NewEncoder(zip)}
}

// add appends a line. The next flush returns an error of it.
func (t *telling) add(result wire.PutResult) {
	_ = t.lines.Encode(result)
	t.held++
}

func (t *telling) flush() error {
	t.held = 0
	return errors.Join(t.zip.Flush(), t.out.Flush())
}

// end finishes the response. An error means that the client has disconnected.
func (t *telling) end() { _ = t.zip.Close() }

// putAll stores all files of a request, some at a time.
func (a *agent) putAll(ctx context.Context, request wire.PutRequest, results chan<- wire.PutResult) {
	client, failed := a.clients.clientFor(request.Roots)
	var group sync.WaitGroup
	defer group.Wait()
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
		group.Go(func() {
			defer func() { <-a.puts }()
			p := &putting{agent: a, PutFile: file, client: client, tries: request.Tries}
			p.hashed = func(state []byte) { results <- wire.PutResult{Index: i, Hashed: true, State: state} }
			result := p.run(ctx)
			if result.Index = i; ctx.Err() == nil { // after cancellation the result is not valid
				results <- result
			}
		})
	}
}
