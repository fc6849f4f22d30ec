package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
)

// maxStores is how many chunks are packed and sent at the same time; each takes room
// on disk for what it holds.
const maxStores = 4

// store packs files into one object: a list of them, then what POST /v1/files would answer.
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
		panic(http.ErrAbortHandler) // it was told to end, which is no answer
	}
	if ok {
		_ = json.NewEncoder(w).Encode(stored) // who is gone asks no more
	}
}

// alive writes a blank now and then until there is an answer, or nobody to have it.
func (a *agent) alive(w http.ResponseWriter, done <-chan wire.Stored) (wire.Stored, bool) {
	out := &destination{w, http.NewResponseController(w), a.Now}
	ticker := time.NewTicker(a.beat())
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

// readStore takes a request for a store apart.
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
		return target, request, wire.ErrCorrupt // the error could quote what is secret
	}
	request, err = parse(entries)
	return target, request, err
}

// pack writes the object to a file, since a PUT must say how long it is, and sends it.
func (a *agent) pack(ctx context.Context, codec wire.Codec, target wire.Target, request wire.Request) wire.Stored {
	select {
	case a.stores <- struct{}{}:
		defer func() { <-a.stores }()
	case <-ctx.Done():
		return wire.Stored{Failed: &wire.PutError{Message: ctx.Err().Error()}}
	}
	spool, err := newSpool(filepath.Dir(a.Socket))
	if err != nil {
		return wire.Stored{Failed: &wire.PutError{Message: "making room for a chunk: " + cause(err)}}
	}
	defer spool.close()
	if err := a.fill(ctx, spool, codec, target.End, request); err != nil {
		return wire.Stored{Failed: &wire.PutError{Message: "packing a chunk: " + cause(err)}}
	}
	client, failed := a.clients.of(target.Roots)
	if failed == nil {
		_, failed = put(ctx, client, upload{url: target.URL, content: spool, size: spool.size, tries: target.Tries})
	}
	return wire.Stored{Failed: failed}
}

// fill packs the files into spool.
func (a *agent) fill(ctx context.Context, spool *spool, codec wire.Codec, end int64, request wire.Request) error {
	writer, err := a.writers.take(ctx)
	if err != nil {
		return err
	}
	defer a.writers.give(writer)
	if codec == wire.Auto {
		codec = wire.Zstd // a disk tells nothing about the way to the store
	}
	writer.Start(spool, codec)
	defer writer.Stop()
	s := &session{agent: a, request: request, out: writer}
	if err := heads(ctx, s); err != nil {
		return err
	}
	if err := filesTo(ctx, s, end); err != nil {
		return err
	}
	return writer.Finish()
}

// heads names the files that follow, so that an object says itself what it holds.
func heads(ctx context.Context, s *session) error {
	for _, entry := range s.request.All() {
		node := wire.Node{Path: entry.Path, Type: wire.Other}
		if info, err := s.root.Lstat(entry.Path); err == nil && info.Mode().IsRegular() {
			node = nodeOf(s.root, entry.Path, entry.Path, info)
		}
		if err := errors.Join(s.out.Node(node), ctx.Err()); err != nil {
			return err
		}
	}
	return nil
}

// spool is a file that nobody else sees, and that is gone with this process.
type spool struct {
	*os.File
	size int64
}

func newSpool(dir string) (*spool, error) {
	file, err := os.CreateTemp(dir, "chunk-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &spool{File: file}, nil
}

// Write implements wire.Destination.
func (s *spool) Write(p []byte) (int, error) {
	n, err := s.File.Write(p)
	s.size += int64(n)
	if err != nil {
		return n, fmt.Errorf("writing it to the pod's disk: %w", err)
	}
	return n, nil
}

// Flush implements wire.Destination.
func (*spool) Flush() error { return nil }

func (s *spool) close() { _ = s.Close() }
