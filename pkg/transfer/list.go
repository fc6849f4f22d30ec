package transfer

import (
	"cmp"
	"context"
	"errors"
	"io"
	"math"

	"github.com/zeebo/xxh3"

	"github.com/kubectl-batch/kubectl-batch/pkg/archive"
)

func compareText(a, b string) int { return cmp.Compare(a, b) }

// list asks the source for the names of everything, makes what needs no bytes,
// and plans what does.
func (f *fetch) list(ctx context.Context) error {
	listing, err := f.Source.List(ctx, f.Paths)
	if err != nil {
		return err
	}
	defer func() { _ = listing.Close() }() // the end was proven, or an error tells
	if err := f.begin(); err != nil {
		return err
	}
	if err := f.considerAll(ctx, listing); err != nil {
		return err
	}
	if f.PlanOnly {
		f.tally.HardLinks += len(f.names.links)
	}
	f.tally.PlanFiles, f.tally.PlanBytes = f.queue.files, f.queue.bytes
	f.Planned(f.queue.files, f.queue.bytes)
	f.meter.total(int64(f.queue.files), f.queue.bytes)
	return nil
}

// considerAll judges everything that is listed. Files that must be compared are,
// some at a time, while the listing waits: there may be a million of them.
func (f *fetch) considerAll(ctx context.Context, listing Listing) error {
	var doubtful []archive.Entry
	for {
		item, err := listing.Next()
		if errors.Is(err, io.EOF) {
			return f.compare(ctx, doubtful)
		}
		if err != nil {
			return err
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

// consider judges one item of a listing. It reports whether the content of what
// is here must be compared.
func (f *fetch) consider(item Item) (compare bool, err error) {
	dir := item.Type == archive.Directory
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
	entry := item.Entry
	if compare, err = f.settle(&entry); err != nil {
		return false, f.refused(item.Path, err)
	}
	f.tally.digest.Add(entry)
	return compare, nil
}

// settle makes or plans one entry, whose names it puts into their local form.
func (f *fetch) settle(entry *archive.Entry) (compare bool, err error) {
	if err := f.tree.Judge(entry); err != nil {
		return false, err
	}
	switch entry.Type {
	case archive.Directory:
		return false, f.directory(*entry)
	case archive.Symlink:
		return false, f.symlink(*entry)
	case archive.File, archive.HardLink:
	}
	if f.names.another(entry) {
		return false, nil // linked once its first name is here
	}
	return f.file(*entry)
}

func (f *fetch) directory(entry archive.Entry) error {
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

func (f *fetch) symlink(entry archive.Entry) error {
	local, err := f.tree.Look(entry)
	if err != nil {
		return err
	}
	verdict := f.decide(entry, local)
	if verdict.Action == archive.Refuse {
		return &archive.Refused{Reason: verdict.Reason}
	}
	if verdict.Action == archive.Write && !f.PlanOnly {
		outcome, err := f.tree.Symlink(entry)
		if err != nil {
			return err
		}
		f.receipt.note(entry, outcome.Local)
	}
	f.have(entry, verdict.Action == archive.Keep)
	return nil
}

// file plans a file: it must come, it is here, or it must be compared first.
func (f *fetch) file(entry archive.Entry) (compare bool, err error) {
	local, err := f.tree.Look(entry)
	if err != nil {
		return false, err
	}
	if local.Info != nil && local.Info.Mode().IsRegular() && local.Info.Size() == entry.Size && (f.Checksum || f.doubtful(entry, local)) {
		return true, nil
	}
	return false, f.carryOut(entry, local, f.decide(entry, local))
}

// carryOut does with a file what was decided.
func (f *fetch) carryOut(entry archive.Entry, local archive.Local, verdict archive.Verdict) error {
	switch verdict.Action {
	case archive.Refuse:
		return &archive.Refused{Reason: verdict.Reason}
	case archive.Write:
		if entry.Size > math.MaxInt64-f.queue.bytes {
			return &archive.Refused{Reason: "no disk is that large"}
		}
		f.queue.add(newTask(entry), entry.Stored-f.partOf(entry))
		return nil
	case archive.Keep:
	}
	if f.PlanOnly {
		f.have(entry, true)
		return nil
	}
	mine, _ := f.receipt.wrote(entry, local)
	info, err := f.tree.Keep(entry, local.Info, mine || f.Force)
	if err != nil {
		return err
	}
	f.receipt.note(entry, info)
	f.have(entry, true)
	return nil
}

// partOf is how many bytes of a large file an earlier attempt has left here.
func (f *fetch) partOf(entry archive.Entry) int64 {
	if entry.Size < worthResuming {
		return 0
	}
	here, _ := f.looker.Partial(entry.Path)
	return min(here, entry.Stored)
}

// refused records a refusal, and passes on what is more than that.
func (f *fetch) refused(path string, err error) error {
	no, ok := errors.AsType[*archive.Refused](err)
	if !ok {
		return err
	}
	f.refuse(path, no.Reason)
	return nil
}

// have counts an entry that is here now, or was before.
func (f *fetch) have(entry archive.Entry, kept bool) {
	if f.Sums != nil && (entry.Type == archive.File || entry.Type == archive.HardLink) {
		f.paths = append(f.paths, entry.Path)
	}
	if kept && f.wrote != nil {
		_, mine := f.wrote[xxh3.HashString(entry.Path)]
		kept = !mine
	}
	f.tally.have(entry, kept)
}

func (f *fetch) refuse(path, reason string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.names.refuse(path, reason)
	f.tally.Refused = append(f.tally.Refused, Refusal{path, reason})
}
