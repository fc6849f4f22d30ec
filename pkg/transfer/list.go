package transfer

import (
	"cmp"
	"context"
	"errors"
	"io"
	"math"

	"github.com/zeebo/xxh3"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

func compareText(a, b string) int { return cmp.Compare(a, b) }

// list lists the source, creates directories and symlinks, and plans files.
func (f *fetch) list(ctx context.Context) error {
	for repeat := true; repeat; {
		var err error
		if repeat, err = f.listPaths(ctx); err != nil {
			return err
		}
	}
	if err := f.makeAll(ctx); err != nil {
		return err
	}
	if f.PlanOnly {
		f.tally.HardLinks += len(f.names.links)
	}
	f.tally.PlanFiles, f.tally.PlanBytes = f.queue.files, f.queue.bytes
	f.Planned(f.queue.files, f.queue.bytes, f.queue.stored)
	f.meter.total(int64(f.queue.files), f.queue.bytes)
	return nil
}

// listPaths considers all entries at the paths. It reports whether the paths changed.
func (f *fetch) listPaths(ctx context.Context) (repeat bool, err error) {
	listing, err := f.Source.List(ctx, f.Paths)
	if err != nil {
		if f.roots.Unfollow(&f.Request, err) {
			return true, nil
		}
		return false, err
	}
	defer func() { _ = listing.Close() }() // Next has returned any error
	if err := f.prepare(); err != nil {
		return false, err
	}
	if err := f.considerAll(ctx, listing); err != nil {
		return false, err
	}
	return f.roots.Follow(&f.Request), nil
}

// considerAll decides about all entries of the listing. It compares files in groups while
// the listing waits, because there may be a million of them.
func (f *fetch) considerAll(ctx context.Context, listing Listing) error {
	var doubtful []localtree.Entry
	for {
		item, err := listing.Next()
		switch {
		case errors.Is(err, io.EOF):
			return f.compare(ctx, doubtful)
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		}
		compare, err := f.consider(item)
		if err != nil {
			return err
		}
		if compare {
			doubtful = append(doubtful, item.Entry)
		}
		if len(doubtful) < mostCompared {
			continue
		}
		if err := f.compare(ctx, doubtful); err != nil {
			return err
		}
		doubtful = doubtful[:0]
	}
}

// consider decides about one item of a listing. It reports whether the content of the
// local file must be compared.
func (f *fetch) consider(item Item) (compare bool, err error) {
	dir := item.Type == localtree.Directory
	if item.Path == "." || !f.Filter.Takes(item.Path, dir) {
		if item.Path == "." && item.Refused != "" {
			f.refuse(item.Path, item.Refused)
		}
		return false, nil
	}
	if item.Refused != "" {
		f.refuse(item.Path, item.Refused)
		return false, nil
	}
	if item.Skipped != "" {
		f.tally.Skipped = append(f.tally.Skipped, Refusal{item.Path, item.Skipped})
		return false, nil
	}
	entry := item.Entry
	err = f.tree.Validate(&entry)
	if link, ok := f.JudgeLink(entry, err); ok {
		if f.leaves(link); !link.Create {
			return false, nil
		}
		f.roots.See(f.Request, entry)
		err = nil
	}
	if err != nil {
		return false, f.refused(item.Path, err)
	}
	if f.postpones(entry.Type) {
		f.unmade = append(f.unmade, newUnmade(entry))
		return false, nil
	}
	if compare, err = f.makeOrPlan(&entry); err != nil {
		return false, f.refused(item.Path, err)
	}
	f.tally.digest.Add(entry)
	return compare, nil
}

// postpones reports whether entries of a type are created after the end of the list. It
// returns false for a source without a list, and for a plan.
func (f *fetch) postpones(t localtree.Type) bool {
	return !f.PlanOnly && !f.unlisted && (t == localtree.Directory || t == localtree.Symlink)
}

// makeAll creates the directories and symlinks that were postponed.
func (f *fetch) makeAll(ctx context.Context) error {
	for _, postponed := range f.unmade {
		if err := ctx.Err(); err != nil {
			return err
		}
		entry := postponed.entry()
		if _, err := f.makeOrPlan(&entry); err != nil {
			if err := f.refused(entry.Path, err); err != nil {
				return err
			}
			continue
		}
		f.tally.digest.Add(entry)
	}
	f.unmade = nil
	return nil
}

// makeOrPlan creates or plans one entry, whose names are in their local form.
func (f *fetch) makeOrPlan(entry *localtree.Entry) (compare bool, err error) {
	switch entry.Type {
	case localtree.Directory:
		return false, f.directory(*entry)
	case localtree.Symlink:
		return false, f.symlink(*entry)
	case localtree.File, localtree.HardLink:
	}
	if f.names.addLink(entry) {
		return false, nil // it is linked after the file was copied
	}
	return f.file(*entry)
}

func (f *fetch) directory(entry localtree.Entry) error {
	if f.PlanOnly {
		f.have(entry, false)
		return nil
	}
	if _, err := f.tree.Directory(entry); err != nil {
		return err
	}
	f.have(entry, false)
	return nil
}

func (f *fetch) symlink(entry localtree.Entry) error {
	local, err := f.tree.Inspect(entry)
	if err != nil {
		return err
	}
	verdict := f.decide(entry, local)
	if verdict.Action == localtree.Refuse {
		return &localtree.Refused{Reason: verdict.Reason}
	}
	if verdict.Action == localtree.Write && !f.PlanOnly {
		outcome, err := f.tree.Symlink(entry)
		if err != nil {
			return err
		}
		f.receipt.note(entry, outcome.Local, 0)
	}
	f.have(entry, verdict.Action == localtree.Keep)
	return nil
}

// file plans a file: it is queued, kept, or must be compared first.
func (f *fetch) file(entry localtree.Entry) (compare bool, err error) {
	local, err := f.tree.Inspect(entry)
	if err != nil {
		return false, err
	}
	if f.comparable(entry, local) {
		return true, nil
	}
	return false, f.carryOut(entry, local, f.decide(entry, local))
}

// carryOut applies the verdict to a file.
func (f *fetch) carryOut(entry localtree.Entry, local localtree.Local, verdict localtree.Verdict) error {
	switch verdict.Action {
	case localtree.Refuse:
		return &localtree.Refused{Reason: verdict.Reason}
	case localtree.Write:
		if entry.Size > math.MaxInt64-f.queue.bytes {
			return &localtree.Refused{Reason: "too large for any disk"}
		}
		f.queue.add(newTask(entry), entry.Stored-f.partOf(entry))
		return nil
	case localtree.Keep:
	}
	if f.PlanOnly {
		f.have(entry, true)
		return nil
	}
	mine, unchanged := f.receipt.wrote(entry, local)
	info, err := f.tree.AcceptExisting(entry, local.Info, mine || f.Force)
	if err != nil {
		return err
	}
	evidence := EvidenceOf(entry, f.InUse)
	if !local.Compared {
		evidence = 0
		if unchanged {
			evidence = f.receipt.evidence(entry)
		}
	}
	f.receipt.note(entry, info, evidence)
	f.have(entry, true)
	return nil
}

// partOf returns how many bytes of a large file are in a local partial file.
func (f *fetch) partOf(entry localtree.Entry) int64 {
	if entry.Size < worthResuming {
		return 0
	}
	partial, _ := f.looker.Partial(entry.Path)
	return min(partial, entry.Stored)
}

// leaves records the paths that are not copied because of a symlink.
func (f *fetch) leaves(link LinkVerdict) {
	if link.Refused != nil {
		f.refuse(link.Refused.Path, link.Refused.Reason)
	}
	if link.Skipped != nil {
		f.tally.Skipped = append(f.tally.Skipped, *link.Skipped)
	}
}

// refused records a refusal, and returns any other error.
func (f *fetch) refused(path string, err error) error {
	no, ok := errors.AsType[*localtree.Refused](err)
	if !ok {
		return err
	}
	f.refuse(path, no.Reason)
	return nil
}

// have counts an entry that exists locally. existed says that it was not written by this fetch.
func (f *fetch) have(entry localtree.Entry, existed bool) {
	if f.Sums != nil && (entry.Type == localtree.File || entry.Type == localtree.HardLink) {
		f.paths = append(f.paths, entry.Path)
	}
	if existed && f.wrote != nil {
		_, mine := f.wrote[xxh3.HashString(entry.Path)]
		existed = !mine
	}
	if entry.Type == localtree.File || entry.Type == localtree.HardLink {
		f.names.markPresent(entry.Path)
	}
	f.tally.have(entry, existed)
}

func (f *fetch) refuse(path, reason string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.names.refuse(path, reason)
	f.tally.Refused = append(f.tally.Refused, Refusal{path, reason})
}
