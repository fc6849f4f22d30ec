package transfer

import (
	"context"
	"errors"
	"io"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// onePass copies everything from a source that cannot list. It sends names and content
// together, also of files that exist locally.
func (f *fetch) onePass(ctx context.Context) error {
	wants := make([]Want, len(f.Paths))
	for i, p := range f.Paths {
		wants[i].Path = p
	}
	contents, err := f.Source.Open(ctx, wants)
	if err != nil {
		if f.roots.Unfollow(&f.Request, err) {
			return f.onePass(ctx)
		}
		return err
	}
	defer func() { _ = contents.Close() }() // Next has returned any error
	if err := f.prepare(); err != nil {
		return err
	}
	c := &carrier{fetch: f, worker: f.tree.Worker()}
	defer c.worker.Close()
	f.meter.total(0, 0)
	f.unlisted, f.names.brought = true, map[uint64]struct{}{}
	if f.wrote == nil {
		f.wrote = map[uint64]struct{}{}
	}
	if err := c.receiveAll(ctx, contents); err != nil {
		return Joined(err, f.finish())
	}
	if f.roots.Follow(&f.Request) {
		return f.onePass(ctx) // names and content of all paths come together once more
	}
	return f.conclude(ctx, contents.Proof())
}

func (c *carrier) receiveAll(ctx context.Context, contents Contents) error {
	for {
		item, err := contents.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := c.receiveItem(ctx, item, contents); err != nil {
			return err
		}
	}
}

// receiveItem processes one item. It writes a file at once if consider queues it.
func (c *carrier) receiveItem(ctx context.Context, item Item, contents Contents) error {
	compare, err := c.consider(item)
	if err != nil {
		return err
	}
	if compare {
		return c.compareWith(ctx, item, contents)
	}
	batch, ok := c.queue.nextBatch()
	if !ok {
		return nil
	}
	repeat, err := c.receive(ctx, &batch[0], item, contents)
	if repeat && err == nil {
		return &LostError{Cause: errors.New("a file changed, or its content did not match its hash")}
	}
	return err
}

// compareWith receives the content of a file that exists locally with the same size, and
// replaces the local file if its content differs.
func (c *carrier) compareWith(ctx context.Context, item Item, contents Contents) error {
	part, err := c.worker.StartPartial(item.Entry, 0)
	if err != nil {
		return c.refused(item.Path, err)
	}
	defer part.Discard()
	got, remoteSum, err := c.fill(ctx, part, contents, item.Path, item.Size)
	if err != nil {
		return c.broken(ctx, part, item.Entry, 0, got, err)
	}
	localSums := make([][16]byte, 1)
	if err := c.hashHere(ctx, []localtree.Entry{item.Entry}, localSums); err != nil {
		return err
	}
	if err := c.compared(ctx, item.Entry, Sum{Sum: remoteSum, Length: got}, localSums[0]); err != nil {
		return c.refused(item.Path, err)
	}
	if _, differs := c.queue.nextBatch(); !differs {
		c.meter.add(0, -got) // it was only compared
		return nil
	}
	outcome, err := part.Commit(item.Entry)
	if err != nil {
		return c.refused(item.Path, err)
	}
	c.arrived(item.Entry, outcome, contents.End())
	return nil
}

// conclude finishes a pass that is proven to be complete.
func (f *fetch) conclude(ctx context.Context, proof Proof) error {
	if f.InUse && len(proof.Changed) > 0 {
		f.unsettle(proof.Changed)
		proof.Status, proof.Messages = 0, nil
	}
	f.tally.Messages = proof.Messages
	err := Joined(f.names.link(ctx, f), f.finish())
	if err == nil && proof.Status != 0 {
		err = &RemoteError{Status: proof.Status, Messages: proof.Messages}
	}
	f.tally.Complete = err == nil
	f.tally.Verified = err == nil && proof.Hashed
	return err
}

// unsettle records files that changed while they were read. In a tree in use, this is not an error.
func (f *fetch) unsettle(paths []string) {
	for _, p := range paths {
		if p == "." || f.Filter.Takes(p, false) {
			f.tally.Unsettled = append(f.tally.Unsettled, p)
		}
	}
}
