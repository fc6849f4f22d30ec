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

// list lists the tree and the bucket, and plans which files to send.
func (c *copying) list(ctx context.Context) error {
	var doubtful []*task
	for repeat := true; repeat; {
		if err := c.readBucket(ctx); err != nil {
			return err
		}
		var err error
		doubtful, err = c.considerAll(ctx)
		switch repeat = c.roots.Unfollow(&c.Request.Request, err); {
		case err == nil:
			repeat = c.roots.Follow(&c.Request.Request)
		case !repeat:
			return err
		}
	}
	if err := c.compare(ctx, doubtful); err != nil {
		return err
	}
	c.result.PlanFiles, c.result.PlanBytes = int(c.reported.TotalFiles), c.reported.TotalBytes
	c.Planned(c.result.PlanFiles, c.result.PlanBytes, c.result.PlanBytes)
	c.Reporter.Report(c.reported)
	return nil
}

// considerAll decides about all entries at the paths. It returns the files that must be compared.
func (c *copying) considerAll(ctx context.Context) (doubtful []*task, err error) {
	listing, err := c.Source.List(ctx, c.Paths)
	if err != nil {
		return nil, err
	}
	defer func() { _ = listing.Close() }() // Next has returned any error
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

// readBucket reads the index and lists the objects. It resets the counts of an earlier attempt.
func (c *copying) readBucket(ctx context.Context) (err error) {
	c.small = nil
	c.large = nil
	c.objects = map[string]object{}
	c.listed = map[string]struct{}{}
	c.result = transfer.Result{}
	c.digest = transfer.Digest{}
	c.reported = transfer.Progress{}
	c.firstNames = map[localtree.Inode]string{}
	if c.index, err = readIndex(ctx, c.Store, c.At); errors.Is(err, ErrNoIndex) {
		c.index, c.dirty = index{}, true
	} else if err != nil {
		return err
	}
	prefix := c.At.Key("")
	for item, err := range c.Store.List(ctx, c.At.Bucket, prefix) {
		if err != nil {
			return transfer.Lost(err)
		}
		if path, ok := strings.CutPrefix(item.Key, prefix); ok {
			c.objects[path] = object{item.Size, item.ETag}
		}
	}
	c.forgetChanged()
	if _, ok := c.objects[manifestName]; !ok && len(c.index) > 0 {
		c.dirty = true
	}
	return nil
}

// forgetChanged removes sums from the index whose objects no longer exist or have changed, so that no sum
// belongs to another content.
func (c *copying) forgetChanged() {
	for path, e := range c.index {
		object, taken := c.objects[path]
		if !e.isStored() || taken && e.matches(object) {
			continue
		}
		c.dirty = true
		if e.SHA256, e.States = nil, nil; !taken && e.Upload == nil {
			delete(c.index, path)
		}
	}
}

// consider decides about one entry of the tree. It returns a file that must be compared with its
// object.
func (c *copying) consider(item transfer.Item) (compare *task) {
	if item.Path == "." && item.Refused == "" || item.Path != "." && !c.Filter.Takes(item.Path, item.Type == localtree.Directory) {
		return nil
	}
	if _, repeated := c.listed[item.Path]; repeated {
		return nil // some file systems list an entry twice
	}
	c.listed[item.Path] = struct{}{}
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

// note adds a directory or symlink to the index. If only its time changed, the index need not be written.
func (c *copying) note(e *entry) {
	old := c.index[e.Path]
	if old == nil || old.Type != e.Type || old.Mode != e.Mode || old.Target != e.Target || old.Source != e.Source {
		c.dirty = true
	} else if e.Type == localtree.Symlink {
		c.result.Kept++
	}
	c.index[e.Path] = e
}

// file decides about a file: it is sent, kept, or must be compared first.
func (c *copying) file(e localtree.Entry) (compare *task) {
	t := c.newTask(e)
	state := c.stateOf(t)
	switch {
	case state == isThere && (c.Checksum || !c.index[t.Path].Evidence.Proves(c.InUse)):
		return t
	case state == isThere:
		c.countKept(t)
	case state == isForeign && !c.Force:
		c.refuse(e.Path, "an object already exists, and was not written by a fetch of these results or was changed since; use --force to overwrite it")
	default:
		c.queue(t)
	}
	return nil
}

// newTask returns the task for a file and adds it to the digest. Further names of a file are hard links to the first one.
func (c *copying) newTask(e localtree.Entry) *task {
	t := &task{Entry: e}
	if e.Inode != (localtree.Inode{}) {
		firstName, exists := c.firstNames[e.Inode]
		if !exists {
			c.firstNames[e.Inode] = e.Path
		} else {
			t.link = firstName
			e.Type = localtree.HardLink
			e.Target = firstName
		}
	}
	c.digest.Add(e)
	return t
}

// The states of the object at the name of a file.
const (
	isOurs    = iota // nothing, or an older object of the same tree
	isThere          // the file
	isForeign        // not written for this tree, or changed since
)

func (c *copying) stateOf(t *task) int {
	e := c.index[t.Path]
	object, taken := c.objects[t.Path]
	ours := e != nil && e.Source == c.SourceID && (e.Planned || e.matches(object))
	switch {
	case taken && !ours:
		return isForeign
	case taken && e.isStored() && e.matches(object) && e.equal(factsOf(c.SourceID, &t.Entry)):
		return isThere
	}
	return isOurs
}

// countKept counts a file whose object is kept.
func (c *copying) countKept(t *task) {
	c.result.Files++
	c.result.Bytes += t.Size
	c.result.Kept++
	if e := c.index[t.Path]; e.Link != t.link {
		e.Link, c.dirty = t.link, true
	}
}

// queue plans a file that must be sent.
func (c *copying) queue(t *task) {
	c.reported.TotalFiles++
	c.reported.TotalBytes += t.Size
	if t.Size > c.Part {
		c.large = append(c.large, t)
	} else {
		c.small = append(c.small, t)
	}
}

// compare hashes files whose objects exist, and plans those with another content.
func (c *copying) compare(ctx context.Context, doubtful []*task) error {
	for len(doubtful) > 0 {
		batch := doubtful[:min(len(doubtful), mostFiles)]
		request := wire.PutRequest{Files: make([]wire.PutFile, len(batch))}
		for i, t := range batch {
			request.Files[i] = t.ask(0, t.Size)
		}
		err := c.Agent.Put(ctx, request, func(r wire.PutResult) {
			switch t := batch[r.Index]; {
			case r.Hashed:
			case r.Refused != "":
				c.refuse(t.Path, r.Refused)
			case r.Changes == wire.Still && bytes.Equal(r.Sum, c.index[t.Path].SHA256):
				if evidence := transfer.EvidenceOf(t.Entry, c.InUse); evidence != c.index[t.Path].Evidence {
					c.index[t.Path].Evidence, c.dirty = evidence, true
				}
				c.countKept(t)
			default:
				c.queue(t)
			}
		})
		if err != nil {
			return err
		}
		doubtful = doubtful[len(batch):]
	}
	return nil
}
