package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sync/errgroup"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// stream copies the files in the queue with several parallel streams. A stream that is
// lost gives its remaining files back for the others. The error is a *LostError if files
// remain.
func (f *fetch) stream(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	lost := make([]*LostError, f.Parallel)
	for i := range f.Parallel {
		group.Go(func() error {
			c := &carrier{fetch: f, worker: f.tree.Worker(), resumes: true}
			defer c.worker.Close()
			err := c.run(ctx)
			if errors.As(err, &lost[i]) {
				return nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil || f.queue.empty() {
		return err
	}
	for _, err := range lost {
		if err != nil {
			return err
		}
	}
	return &LostError{Cause: errors.New("not all files were sent")}
}

// carrier sends one request after another.
type carrier struct {
	*fetch
	worker *localtree.Worker
	// resumes means that the next attempt can use a partial file.
	resumes bool
}

func (c *carrier) run(ctx context.Context) error {
	for {
		batch, ok := c.queue.nextBatch()
		if !ok {
			return nil
		}
		rest, err := c.transferBatch(ctx, batch)
		c.queue.giveBack(rest)
		if err != nil {
			return err
		}
	}
}

// transferBatch requests a batch and returns the files that must be requested again.
func (c *carrier) transferBatch(ctx context.Context, batch []task) (rest []task, err error) {
	wants, err := c.wants(ctx, batch)
	if err != nil {
		return batch, err
	}
	contents, err := c.Source.Open(ctx, wants)
	if err != nil {
		return batch, err
	}
	defer func() { _ = contents.Close() }() // Next has returned any error
	for i := 0; ; i++ {
		item, err := contents.Next()
		switch {
		case errors.Is(err, io.EOF) && i == len(batch):
			return rest, nil
		case errors.Is(err, io.EOF):
			return append(rest, batch[i:]...), &LostError{Cause: fmt.Errorf("requested %d files, received %d", len(batch), i)}
		case err != nil:
			return append(rest, batch[min(i, len(batch)):]...), err
		case i >= len(batch) || item.Path != batch[i].path:
			return append(rest, batch[min(i, len(batch)):]...), fmt.Errorf("the source sent an unexpected file %q", item.Path)
		}
		repeat, err := c.receive(ctx, &batch[i], item, contents)
		if repeat {
			batch[i].tries++
			rest = append(rest, batch[i])
		}
		if err != nil {
			return append(rest, batch[i+1:]...), err
		}
	}
}

// mostTries is how often a file that changes while it is read is tried.
const mostTries = 3

// worthWaiting is the size, in bytes, up to which a file that grew since it was listed is
// requested once more with its current size: a program may have rewritten it, so that its
// first bytes alone would be useless. Longer files are usually logs.
const worthWaiting = 16 << 20

// receive receives one file. It reports whether the file must be requested again. An error
// ends the stream.
func (c *carrier) receive(ctx context.Context, t *task, item Item, contents Contents) (repeat bool, err error) {
	switch {
	case item.Refused != "":
		c.refuse(t.path, item.Refused)
		return false, nil
	case item.Size > t.size:
		return false, &ExcessError{Path: t.path, Announced: t.size}
	case item.Beyond > 0 && t.tries == 0 && item.Size+item.Beyond <= worthWaiting:
		return true, c.lengthen(t, item.Size+item.Beyond)
	}
	entry := item.Entry
	entry.Path, entry.Type = t.path, localtree.File
	state, err := c.write(ctx, entry, item.Offset, contents)
	switch no, refused := errors.AsType[*localtree.Refused](err); {
	case refused:
		c.refuse(t.path, no.Reason)
		return false, nil
	case err != nil:
		return true, err
	case unsound(state) && t.tries+1 < mostTries:
		return true, nil
	case state == mismatched:
		c.refuse(t.path, "content does not match the hash computed by the source")
	case unsound(state):
		c.refuse(t.path, "the file keeps changing while it is read")
	}
	return false, nil
}

// lengthen updates the plan for a file that is longer than in the list.
func (c *carrier) lengthen(t *task, size int64) error {
	extra := size - t.size
	if free, ok := localtree.Free(c.local.path); ok && free < uint64(extra) {
		return &SpaceError{Dir: c.Dir, Need: extra, Free: int64(free)}
	}
	t.size = size
	c.mu.Lock()
	c.tally.PlanBytes += extra
	c.mu.Unlock()
	c.meter.lengthen(extra)
	return nil
}
