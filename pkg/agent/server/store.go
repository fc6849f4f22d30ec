package server

import (
	"bytes"
	"encoding/json"
	"net/http"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
)

// maxStores is how many chunks are packed and sent at the same time; each takes room
// on disk for what it holds.
const maxStores = 4

// store packs files into one object: a list of them, then the response of POST /v1/files.
func (a *agent) store(w http.ResponseWriter, r *http.Request) {
	codec, err := wire.ParseCodec(r.URL.Query().Get("codec"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	target, request, err := a.readStore(w, r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	done := make(chan wire.Stored, 1)
	go func() { done <- a.pack(r.Context(), codec, target, request) }()
	stored, ok := a.alive(w, done)
	if r.Context().Err() != nil {
		panic(http.ErrAbortHandler) // the request was cancelled, so that there is no result
	}
	if ok {
		_ = json.NewEncoder(w).Encode(stored) // an error means that the client has disconnected
	}
}

// alive writes a blank at each beat until the result is available or the client disconnects.
func (a *agent) alive(w http.ResponseWriter, done <-chan wire.Stored) (wire.Stored, bool) {
	out := &destination{w, http.NewResponseController(w), a.Now}
	ticker := time.NewTicker(a.Beat)
	defer ticker.Stop()
	for {
		select {
		case stored := <-done:
			return stored, true
		case <-ticker.C:
			if _, err := out.Write([]byte{' '}); err != nil || out.Flush() != nil {
				return <-done, false
			}
		}
	}
}

// readStore parses a request for a store: the target, then the entries.
func (a *agent) readStore(w http.ResponseWriter, r *http.Request) (target wire.Target, request wire.Request, err error) {
	body, err := a.body(w, r)
	if err != nil {
		return target, request, err
	}
	head, entries, ok := bytes.Cut(body, []byte{'\n'})
	if !ok {
		return target, request, wire.ErrCorrupt
	}
	if err := json.Unmarshal(head, &target); err != nil {
		return target, request, wire.ErrCorrupt // err could contain a signature
	}
	request, err = parse(entries)
	return target, request, err
}
