package s3mirror

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// list learns what the tree has and what is in the bucket, and plans what must be sent.
func (c *copying) list(ctx context.Context) error {
	var doubtful []*task
	for again := true; again; {
		if err := c.look(ctx); err != nil {
			return err
		}
		var err error
		doubtful, err = c.considerAll(ctx)
		switch again = c.roots.Unfollow(&c.Request.Request, err); {
		case err == nil:
			again = c.roots.Follow(&c.Request.Request)
		case !again:
			return err
		}
	}
	if err := c.compare(ctx, doubtful); err != nil {
		return err
	}
	c.result.PlanFiles, c.result.PlanBytes = int(c.at.TotalFiles), c.at.TotalBytes
	c.Planned(c.result.PlanFiles, c.result.PlanBytes, c.result.PlanBytes)
	c.Reporter.Report(c.at)
	return nil
}

// considerAll judges all that lies at the paths. It returns the files that may be there already.
func (c *copying) considerAll(ctx context.Context) (doubtful []*task, err error) {
	listing, err := c.Source.List(ctx, c.Paths)
	if err != nil {
		return nil, err
	}
	defer func() { _ = listing.Close() }() // the end was proven, or an error tells
	for {
		item, err := listing.Next()
		if errors.Is(err, io.EOF) {
			return doubtful, nil
		}
		if err != nil {
			return nil, err
		}
		if compare := c.consider(item); compare != nil {
			doubtful = append(doubtful, compare)
		}
	}
}

// look reads the index and lists the objects; what an attempt before counted is forgotten.
func (c *copying) look(ctx context.Context) (err error) {
	c.small, c.large, c.there = nil, nil, map[string]object{}
	c.seen = map[string]struct{}{}
	c.result, c.digest, c.at, c.first = transfer.Result{}, transfer.Digest{}, transfer.Progress{}, map[localtree.Inode]string{}
	if c.index, err = readIndex(ctx, c.Store, c.At); errors.Is(err, ErrNoIndex) {
		c.index, c.dirty = index{}, true
	} else if err != nil {
		return err
	}
	prefix := c.At.Key("")
	for one, err := range c.Store.List(ctx, c.At.Bucket, prefix) {
		if err != nil {
			return transfer.Lost(err)
		}
		if path, ok := strings.CutPrefix(one.Key, prefix); ok {
			c.there[path] = object{one.Size, one.ETag}
		}
	}
	c.forgetChanged()
	if _, ok := c.there[manifestName]; !ok && len(c.index) > 0 {
		c.dirty = true
	}
	return nil
}

// forgetChanged takes out of the index what the bucket does not hold, or holds as another object: no sum
// stands for what it is not of.
func (c *copying) forgetChanged() {
	for path, known := range c.index {
		object, taken := c.there[path]
		if !known.there() || taken && known.is(object) {
			continue
		}
		c.dirty = true
		if known.SHA256, known.States = nil, nil; !taken && known.Upload == nil {
			delete(c.index, path)
		}
	}
}

// consider judges one entry of the tree. It returns a file that may be there already, if its
// content is the same.
func (c *copying) consider(item transfer.Item) (compare *task) {
	if item.Path == "." && item.Refused == "" || item.Path != "." && !c.Filter.Takes(item.Path, item.Type == localtree.Directory) {
		return nil
	}
	if _, again := c.seen[item.Path]; again {
		return nil // some file systems name one twice
	}
	c.seen[item.Path] = struct{}{}
	if item.Skipped != "" {
		c.result.Skipped = append(c.result.Skipped, transfer.Refusal{Path: item.Path, Reason: item.Skipped})
		return nil
	}
	e := item.Entry
	if reason := cmp.Or(item.Refused, c.unfit(&e)); reason != "" {
		c.refuse(item.Path, reason)
		return nil
	}
	switch e.Type {
	case localtree.Directory:
		c.result.Dirs++
	case localtree.Symlink:
		if !c.link(&e) {
			return nil
		}
		c.result.Symlinks++
	case localtree.File, localtree.HardLink:
		return c.file(e)
	}
	c.digest.Add(e)
	c.note(&entry{Path: e.Path, Type: e.Type, Mode: e.Mode, Target: e.Target, facts: factsOf(c.SourceID, &e)})
	return nil
}

// note puts what is no file into the index. Its time alone is no reason to write that again.
func (c *copying) note(e *entry) {
	old := c.index[e.Path]
	if old == nil || old.Type != e.Type || old.Mode != e.Mode || old.Target != e.Target || old.Source != e.Source {
		c.dirty = true
	} else if e.Type == localtree.Symlink {
		c.result.Kept++
	}
	c.index[e.Path] = e
}

// file decides about a file: it must be sent, it is there, or it must be compared first.
func (c *copying) file(e localtree.Entry) (compare *task) {
	t := c.newTask(e)
	state := c.stateOf(t)
	switch {
	case state == isThere && (c.Checksum || !c.index[t.Path].Evidence.Proves(c.InUse)):
		return t
	case state == isThere:
		c.keep(t)
	case state == isForeign && !c.Force:
		c.refuse(e.Path, "an object already exists, and was not written by a fetch of these results or was changed since; use --force to overwrite it")
	default:
		c.queue(t)
	}
	return nil
}

// newTask takes a file into the digest. Of one of several names the first is the file.
func (c *copying) newTask(e localtree.Entry) *task {
	t := &task{Entry: e}
	if e.Inode != (localtree.Inode{}) {
		first, other := c.first[e.Inode]
		if !other {
			c.first[e.Inode] = e.Path
		} else {
			t.link, e.Type, e.Target = first, localtree.HardLink, first
		}
	}
	c.digest.Add(e)
	return t
}

// What may lie at the name of a file.
const (
	isOurs    = iota // nothing, or an older object of the same tree
	isThere          // the file
	isForeign        // somebody else's, or changed by somebody
)

func (c *copying) stateOf(t *task) int {
	known := c.index[t.Path]
	object, taken := c.there[t.Path]
	ours := known != nil && known.Source == c.SourceID && (known.Planned || known.is(object))
	switch {
	case taken && !ours:
		return isForeign
	case taken && known.there() && known.is(object) && known.equal(factsOf(c.SourceID, &t.Entry)):
		return isThere
	}
	return isOurs
}

// keep counts a file that is there already.
func (c *copying) keep(t *task) {
	c.result.Files++
	c.result.Bytes += t.Size
	c.result.Kept++
	if known := c.index[t.Path]; known.Link != t.link {
		known.Link, c.dirty = t.link, true
	}
}

// queue plans a file that must be sent.
func (c *copying) queue(t *task) {
	c.at.TotalFiles++
	c.at.TotalBytes += t.Size
	if t.Size > c.Part {
		c.large = append(c.large, t)
	} else {
		c.small = append(c.small, t)
	}
}

// compare reads files whose objects are there, and plans those that have another content.
func (c *copying) compare(ctx context.Context, doubtful []*task) error {
	for len(doubtful) > 0 {
		some := doubtful[:min(len(doubtful), mostFiles)]
		request := wire.PutRequest{Files: make([]wire.PutFile, len(some))}
		for i, t := range some {
			request.Files[i] = t.ask(0, t.Size)
		}
		err := c.Agent.Put(ctx, request, func(r wire.PutResult) {
			switch t := some[r.Index]; {
			case r.Hashed:
			case r.Refused != "":
				c.refuse(t.Path, r.Refused)
			case r.Changes == wire.Still && bytes.Equal(r.Sum, c.index[t.Path].SHA256):
				if now := transfer.EvidenceOf(t.Entry, c.InUse); now != c.index[t.Path].Evidence {
					c.index[t.Path].Evidence, c.dirty = now, true
				}
				c.keep(t)
			default:
				c.queue(t)
			}
		})
		if err != nil {
			return err
		}
		doubtful = doubtful[len(some):]
	}
	return nil
}
