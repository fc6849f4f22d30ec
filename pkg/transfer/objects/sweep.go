package objects

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kubectl-batch/kubectl-batch/pkg/bucket"
)

// sweep aborts uploads at names of ours that nobody goes on with: who was at it was killed.
func (c *copying) sweep(ctx context.Context) {
	s := &sweeping{c, map[string]*task{}, 0}
	for _, t := range c.large {
		s.wanted[t.Path] = t
	}
	if err := errors.Join(s.known(ctx), s.found(ctx)); err != nil && ctx.Err() == nil {
		c.Say(fmt.Sprintf("Note: parts of files that a fetch left at %s when it was broken off may stay there: %v", c.At, err))
	}
	switch {
	case s.count == 1:
		c.Say(fmt.Sprintf("Removed the parts of a file that a fetch left at %s when it was broken off", c.At))
	case s.count > 1:
		c.Say(fmt.Sprintf("Removed the parts of %d files that a fetch left at %s when it was broken off", s.count, c.At))
	}
}

// sweeping is one look for uploads.
type sweeping struct {
	*copying
	wanted map[string]*task
	count  int
}

// goesOn reports whether an upload is about to be gone on with.
func (s *sweeping) goesOn(path, id string) bool {
	t, known := s.wanted[path], s.index[path]
	return t != nil && known != nil && known.Upload != nil && known.Upload.ID == id && known.Upload.equal(factsOf(s.SourceID, &t.Entry))
}

func (s *sweeping) abortOne(ctx context.Context, path, id string) error {
	if err := s.Store.Abort(ctx, s.At.Bucket, bucket.Upload{Key: s.At.Key(path), ID: id}); err != nil {
		return err
	}
	s.count++
	if known := s.index[path]; known.Upload != nil && known.Upload.ID == id {
		known.Upload, s.dirty = nil, true
	}
	return nil
}

// known goes through the uploads that the index knows.
func (s *sweeping) known(ctx context.Context) error {
	for path, e := range s.index {
		if e.Upload == nil || s.goesOn(path, e.Upload.ID) {
			continue
		}
		if err := s.abortOne(ctx, path, e.Upload.ID); err != nil {
			return err
		}
	}
	return nil
}

// found goes through those that the store lists: of one that was killed as it began, the index has
// the name only.
func (s *sweeping) found(ctx context.Context) error {
	prefix := s.At.Key("")
	for one, err := range s.Store.Uploads(ctx, s.At.Bucket, prefix) {
		if err != nil {
			return err
		}
		path, ok := strings.CutPrefix(one.Key, prefix)
		if !ok || s.index[path] == nil || s.goesOn(path, one.ID) {
			continue // somebody else's, or in use
		}
		if err := s.abortOne(ctx, path, one.ID); err != nil {
			return err
		}
	}
	return nil
}

// end leaves the index as it is true now. After Ctrl-C nothing stays that no list shows; what else broke
// a copy off leaves its parts for the next one.
func (c *copying) end(ctx context.Context, failed error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleaning)
	defer cancel()
	all := failed == nil || errors.Is(failed, context.Canceled)
	c.abort(ctx, func(u *upload) bool { return all || len(u.ETags) == 0 })
	if failed == nil {
		c.forgetPlan()
	}
	if !c.dirty || failed != nil && !c.begun || len(c.index) == 0 && !c.begun {
		return nil
	}
	if failed != nil && c.nothing() {
		_ = c.Store.Delete(ctx, c.At.Bucket, c.At.Key(indexName)) // what came first says more
		return nil
	}
	err := errors.Join(c.Store.Put(ctx, c.At.Bucket, c.At.Key(manifestName), c.index.manifest()), c.save(ctx))
	if failed == nil {
		return err
	}
	return nil // what came first says more
}

// nothing reports whether there is nothing to be gone on with.
func (c *copying) nothing() bool {
	for path, e := range c.index {
		if _, taken := c.there[path]; taken || e.there() || e.Upload != nil {
			return false
		}
	}
	return true
}

func (c *copying) abort(ctx context.Context, which func(*upload) bool) {
	for path, e := range c.index {
		if e.Upload == nil || !which(e.Upload) {
			continue
		}
		if err := c.Store.Abort(ctx, c.At.Bucket, bucket.Upload{Key: c.At.Key(path), ID: e.Upload.ID}); err != nil {
			c.Say(fmt.Sprintf("Note: parts of %s stay at %s until the next fetch to it: %v", path, c.At, err))
			continue
		}
		e.Upload, c.dirty = nil, true
	}
}

// forgetPlan is for a copy that came to its end: what is planned still was left out.
func (c *copying) forgetPlan() {
	for path, e := range c.index {
		if !e.Planned {
			continue
		}
		e.Planned, c.dirty = false, true
		if !e.there() {
			delete(c.index, path)
		}
	}
}
