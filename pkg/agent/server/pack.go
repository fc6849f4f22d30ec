package server

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
)

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
		return wire.Stored{Failed: &wire.PutError{Message: "creating a temporary file: " + cause(err)}}
	}
	defer spool.close()
	if err := a.fill(ctx, spool, codec, target.End, request); err != nil {
		return wire.Stored{Failed: &wire.PutError{Message: "packing a chunk: " + cause(err)}}
	}
	client, failed := a.clients.clientFor(target.Roots)
	if failed == nil {
		_, failed = put(ctx, client, upload{url: target.URL, content: spool, size: spool.size, tries: target.Tries, pause: a.FirstPause})
	}
	return wire.Stored{Failed: failed}
}

// fill packs the files into spool.
func (a *agent) fill(ctx context.Context, spool *spool, codec wire.Codec, end int64, request wire.Request) error {
	writer, err := a.writers.acquire(ctx)
	if err != nil {
		return err
	}
	defer a.writers.release(writer)
	if codec == wire.Auto {
		codec = wire.Zstd // the rate of the local disk says nothing about the link to the store
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

// heads writes a list of the files that follow, so that a reader knows the contents of the
// object without the index.
func heads(ctx context.Context, s *session) error {
	for _, entry := range s.request.All() {
		node := wire.Node{Path: entry.Path, Type: wire.Other}
		if info, err := s.lstat(entry.Path); err == nil && info.Mode().IsRegular() {
			node = s.nodeOf(s.root, entry.Path, entry.Path, info)
		}
		if err := errors.Join(s.out.Node(node), ctx.Err()); err != nil {
			return err
		}
	}
	return nil
}
