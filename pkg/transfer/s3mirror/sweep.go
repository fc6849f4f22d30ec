package s3mirror

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/plural"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// sweep aborts uploads of this tree that are not resumed. Copies that were killed left them.
func (c *copying) sweep(ctx context.Context) {
	s := &sweeping{copying: c, planned: map[string]*task{}}
	for _, t := range c.large {
		s.planned[t.Path] = t
	}
	if err := errors.Join(s.abortIndexed(ctx), s.abortListed(ctx)); err != nil && ctx.Err() == nil {
		c.reportRemains()
		c.Say(fmt.Sprintf("Note: parts of interrupted uploads may remain at %s: %v", c.At, err))
	}
	if s.count > 0 {
		c.Say(fmt.Sprintf("Deleted the parts of %s at %s", plural.Count(s.count, "interrupted upload"), c.At))
	}
}

// Sweep aborts the uploads that interrupted copies of one tree left at a location, and returns their number. It
// only aborts uploads that belong to this tree by the index and the lock. While the lock is fresh, it does nothing
// and returns a *LockedError. clock returns the current time.
func Sweep(ctx context.Context, store *s3.Store, location s3.Location, source string, clock func() time.Time) (count int, err error) {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	l := newLock(store, location, rand.Text(), source, cancel)
	holder, err := l.read(ctx)
	switch {
	case s3.NoBucket(err):
		return 0, nil
	case err != nil:
		return 0, err
	case holder.ID != "" && (holder.Source != source || holder.fresh()):
		return 0, &LockedError{location}
	}
	if hasEntries, err := ofSource(ctx, store, location, source); err != nil || !hasEntries {
		return 0, err
	}
	if err := errors.Join(l.overwrite(ctx, holder), l.keepAlive(ctx)); err != nil {
		return 0, err
	}
	count, err = sweepOf(inner, Request{Request: transfer.Request{SourceID: source}, Store: store, At: location, Now: clock})
	still, end := transfer.Outlast(ctx, transfer.Grace, releasing)
	defer end()
	return count, errors.Join(err, l.release(still))
}

// ofSource reports whether the index at a location has entries of one tree.
func ofSource(ctx context.Context, store *s3.Store, location s3.Location, source string) (bool, error) {
	x, err := readIndex(ctx, store, location)
	for _, e := range x {
		if e.Source == source {
			return true, nil
		}
	}
	if errors.Is(err, ErrNoIndex) {
		err = nil
	}
	return false, err
}

// sweepOf aborts the uploads of one tree. The caller holds the lock.
func sweepOf(ctx context.Context, r Request) (count int, err error) {
	c := &copying{Request: r}
	if c.index, err = readIndex(ctx, r.Store, r.At); err != nil {
		return 0, err
	}
	s := &sweeping{copying: c, source: r.SourceID}
	if err := errors.Join(s.abortIndexed(ctx), s.abortListed(ctx)); err != nil || !c.dirty {
		return s.count, err
	}
	return s.count, c.save(ctx)
}

// sweeping is one run of sweep or Sweep.
type sweeping struct {
	*copying
	planned map[string]*task
	count   int
	// source is the tree whose uploads are aborted; "" means any tree.
	source string
}

// isForeign reports whether an entry belongs to another tree than source.
func (s *sweeping) isForeign(e *entry) bool { return s.source != "" && e.Source != s.source }

// willResume reports whether this copy will resume an upload.
func (s *sweeping) willResume(path, id string) bool {
	t, e := s.planned[path], s.index[path]
	return t != nil && e != nil && e.Upload != nil && e.Upload.ID == id && e.Upload.equal(factsOf(s.SourceID, &t.Entry))
}

func (s *sweeping) abortOne(ctx context.Context, path, id string) error {
	existed, err := s.Store.Abort(ctx, s.At.Bucket, s3.Upload{Key: s.At.Key(path), ID: id})
	if err != nil {
		return err
	}
	if existed {
		s.count++
	}
	if e := s.index[path]; e.Upload != nil && e.Upload.ID == id {
		e.Upload, s.dirty = nil, true
	}
	return nil
}

// abortIndexed aborts uploads that are in the index.
func (s *sweeping) abortIndexed(ctx context.Context) error {
	for path, e := range s.index {
		if e.Upload == nil || s.isForeign(e) || s.willResume(path, e.Upload.ID) {
			continue
		}
		if err := s.abortOne(ctx, path, e.Upload.ID); err != nil {
			return err
		}
	}
	return nil
}

// abortListed aborts uploads that the store lists and the index does not contain, because a copy was killed
// after it created them.
func (s *sweeping) abortListed(ctx context.Context) error {
	prefix := s.At.Key("")
	for listed, err := range s.Store.Uploads(ctx, s.At.Bucket, prefix) {
		if err != nil {
			return err
		}
		path, ok := strings.CutPrefix(listed.Key, prefix)
		if !ok || s.index[path] == nil || s.isForeign(s.index[path]) || s.willResume(path, listed.ID) {
			continue // it belongs to another program, or is in use
		}
		if err := s.abortOne(ctx, path, listed.ID); err != nil {
			return err
		}
	}
	return nil
}

// end updates the index at the end of a copy. After Ctrl-C it aborts all uploads, because no list shows their
// parts. After another error it keeps uploads with stored parts for the next copy.
func (c *copying) end(ctx context.Context, failed error) error {
	if failed == nil {
		c.abort(ctx, func(*upload) bool { return true })
		c.forgetPlan(ctx)
		if !c.dirty || len(c.index) == 0 && !c.begun {
			return nil
		}
		return c.write(ctx)
	}
	ctx, cancel := context.WithTimeout(c.tidying, cleaning)
	defer cancel()
	stopped := errors.Is(failed, context.Canceled)
	c.abort(ctx, func(u *upload) bool { return stopped || len(u.ETags) == 0 })
	for _, e := range c.index {
		if e.Upload != nil {
			c.reportRemains()
			break
		}
	}
	switch {
	case !c.begun:
	case c.nothing(ctx, failed):
		_ = c.Store.Delete(ctx, c.At.Bucket, c.At.Key(indexName)) // the first error is reported
	default:
		_ = c.write(ctx)
	}
	return nil
}

// write writes the list of sums and then the index.
func (c *copying) write(ctx context.Context) error {
	if err := c.Store.Put(ctx, c.At.Bucket, c.At.Key(manifestName), c.index.manifest()); err != nil {
		return err
	}
	return c.save(ctx)
}

// nothing reports whether it is certain that this copy created no object: for example, because the store
// rejected all requests. An interrupted request may still create an object.
func (c *copying) nothing(ctx context.Context, failed error) bool {
	if refused, ok := errors.AsType[*s3.Error](failed); c.putRequested && (!ok || refused.Passing()) {
		return false
	}
	for path, e := range c.index {
		if _, taken := c.objects[path]; taken || e.isStored() || e.Upload != nil {
			return false
		}
	}
	prefix := c.At.Key("")
	for item, err := range c.Store.List(ctx, c.At.Bucket, prefix) {
		if err != nil || c.index[strings.TrimPrefix(item.Key, prefix)] != nil {
			return false
		}
	}
	return true
}

func (c *copying) reportRemains() {
	if c.ReportRemains != nil {
		c.ReportRemains()
	}
}

func (c *copying) abort(ctx context.Context, which func(*upload) bool) {
	for path, e := range c.index {
		if e.Upload == nil || !which(e.Upload) {
			continue
		}
		if err := c.abortWhole(ctx, s3.Upload{Key: c.At.Key(path), ID: e.Upload.ID}); err != nil {
			c.reportRemains()
			c.Say(fmt.Sprintf("Note: parts of %s remain at %s until the next fetch to it: %v", path, c.At, err))
			continue
		}
		e.Upload, c.dirty = nil, true
	}
}

// abortWhole aborts an upload until it no longer exists: a part may be stored during an earlier abort.
func (c *copying) abortWhole(ctx context.Context, upload s3.Upload) error {
	const times, between = 4, 200 * time.Millisecond
	for range times {
		existed, err := c.Store.Abort(ctx, c.At.Bucket, upload)
		if err != nil || !existed {
			return err
		}
		if err := pause(ctx, between); err != nil {
			return err
		}
	}
	return nil
}

// forgetPlan removes entries from the index that are still planned at the end of a copy: they were not sent.
// It deletes objects of files that changed while they were read. If this fails, their entries stay in the index.
func (c *copying) forgetPlan(ctx context.Context) {
	var torn []string
	for path, e := range c.index {
		switch {
		case e.torn:
			torn = append(torn, path)
		case e.Planned && (e.isStored() || e.Upload != nil):
			e.Planned, c.dirty = false, true
		case e.Planned:
			if _, taken := c.objects[path]; !taken {
				delete(c.index, path)
			}
			c.dirty = true
		}
	}
	for _, path := range torn {
		if err := c.Store.Delete(ctx, c.At.Bucket, c.At.Key(path)); err != nil {
			c.Say(fmt.Sprintf("Note: %s does not match any version of its file, and could not be deleted: %v", c.At.At(path), err))
			continue
		}
		delete(c.index, path)
		c.dirty = true
	}
}
