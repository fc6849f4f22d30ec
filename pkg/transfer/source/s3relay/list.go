package s3relay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/agent"
)

// indexName is the object that holds the list of all files.
const indexName = "index"

// IsIndex reports whether key is the key of a list, which has no use without other objects.
func IsIndex(key string) bool { return path.Base(key) == indexName }

// List implements transfer.Source.
func (s *Source) List(ctx context.Context, paths []string) (transfer.Listing, error) {
	if err := s.findLeftovers(ctx); err != nil {
		return nil, transfer.Lost(err)
	}
	inner, err := s.agent.Load().List(ctx, paths)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index = &index{}
	s.index.list = agent.NewList(&s.index.content, s.Now)
	return &listing{inner, s}, nil
}

// index is the list of a fetch, in the format of the bucket.
type index struct {
	list    *agent.List
	content bytes.Buffer
	whole   bool
}

// listing returns the agent's list, and records large files, leftovers and the index.
type listing struct {
	transfer.Listing
	source *Source
}

// Close implements transfer.Listing.
func (l *listing) Close() error {
	l.source.mu.Lock()
	defer l.source.mu.Unlock()
	if l.source.index != nil && !l.source.index.whole {
		l.source.index.list.Stop()
	}
	return l.Listing.Close()
}

// Next implements transfer.Listing.
func (l *listing) Next() (transfer.Item, error) {
	item, err := l.Listing.Next()
	l.source.mu.Lock()
	defer l.source.mu.Unlock()
	switch {
	case errors.Is(err, io.EOF):
		l.source.index.whole = true
		return item, errors.Join(l.source.index.list.Finish(), err)
	case err == nil:
		err = l.source.see(item)
	}
	return item, err
}

// see records an entry of the list.
func (s *Source) see(item transfer.Item) error {
	s.sizeUp(item)
	s.leftovers.see(item, false)
	if s.Wanted != nil && !s.Wanted(item.Path, item.Type == localtree.Directory) {
		return nil
	}
	if item.Type == localtree.Symlink {
		if target, err := s.Layout.LinkTarget(item.Path, item.Target); err == nil { // else the reader of the index decides
			item.Target = target
		}
	}
	return s.index.list.Add(item)
}

// writeIndex stores the list with the objects, at the first call. A fetch from the bucket without
// a cluster reads it.
func (s *Source) writeIndex(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.index == nil || !s.index.whole {
		return nil
	}
	if err := s.Store.Put(ctx, s.At.Bucket, s.At.Key(indexName), s.index.content.Bytes()); err != nil {
		return err
	}
	s.index = nil
	return nil
}

// through is an object with a wrapped reader.
type through struct {
	io.Reader
	io.Closer
}
