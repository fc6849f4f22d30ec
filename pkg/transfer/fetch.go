package transfer

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// Fetch copies the requested files to req.Dir. A nil error means that all of them are
// there. Otherwise the Result describes what is there, and the error is, or joins:
//   - a *MissingPathError: nothing was done;
//   - a *SpaceError or localtree.ErrLocked: nothing was done;
//   - a *RefusedError: some entries were not copied, the others are complete;
//   - a *RemoteError: the source could not read everything;
//   - an *IncompleteError: no attempt was completed; a later Fetch resumes;
//   - ctx's error, at once; a later Fetch resumes;
//   - an error of the local file system or the source.
func Fetch(ctx context.Context, req Request) (Result, error) {
	req, err := req.WithDefaults()
	if err != nil {
		return Result{}, err
	}
	local, release, err := req.destination()
	if err != nil {
		return Result{}, err
	}
	f := &fetch{Request: req, local: local, receipt: openReceipt(req.Receipts, local.path, req.SourceID)}
	f.meter.reporter = req.Reporter
	err = f.run(ctx)
	if f.looker != nil {
		f.looker.Close()
	}
	closed := release()
	result := f.result()
	result.ReceiptError = f.receipt.close()
	var refused error
	if len(result.Refused) > 0 {
		refused = &RefusedError{result.Refused}
	}
	return result, Joined(err, closed, refused)
}

// destination returns the local directory, and a function that closes it.
func (r Request) destination() (*destination, func() error, error) {
	if r.Reservation != nil {
		return r.Reservation.local, func() error { return nil }, nil
	}
	local, err := newDestination(r.Dir, r.Receipts)
	if err != nil {
		return nil, nil, err
	}
	return local, local.close, nil
}

// Joined is errors.Join, but leaves a single error as it is.
func Joined(errs ...error) error {
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

// fetch is one call of Fetch.
type fetch struct {
	Request
	local *destination
	tree  *localtree.Tree
	meter meter
	// looker inspects local files while the list is read.
	looker *localtree.Worker

	mu      sync.Mutex // what streams side by side share
	receipt *receipt
	tally   tally

	queue  *queue
	names  names
	roots  Roots
	unmade []unmade // directories and symlinks to create after the end of the list
	// unlisted means that the source sends names and content together.
	unlisted bool
	gained   int64 // bytes and files that need not be sent again
	// longest is the length of each partial file.
	longest map[string]int64
	wrote   map[uint64]struct{} // hashes of the paths that this fetch wrote, if a pass may be repeated
	paths   []string            // of local files, if their sums were requested
}

// run lists, plans and streams. If the source cannot list, it makes one pass.
func (f *fetch) run(ctx context.Context) error {
	err := f.attempts(ctx, f.list)
	switch {
	case errors.Is(err, ErrNoList) && f.PlanOnly:
		return err
	case errors.Is(err, ErrNoList):
		return Joined(f.attempts(ctx, f.onePass), f.writeSums(ctx))
	case err != nil || f.PlanOnly:
		return err
	}
	if err := f.room(); err != nil {
		return err
	}
	err = f.attempts(ctx, f.stream)
	if err == nil {
		err = f.local.explain(f.names.link(ctx, f))
	}
	err = Joined(err, f.finish())
	f.tally.Complete = err == nil
	f.tally.Verified = err == nil
	return Joined(err, f.writeSums(ctx))
}

// finish gives directories their modes and times.
func (f *fetch) finish() error {
	if f.tree == nil {
		return nil
	}
	return f.tree.Finish()
}

// attempts is Attempts for the local directory.
func (f *fetch) attempts(ctx context.Context, step func(context.Context) error) error {
	return f.local.explain(f.Attempts(ctx, f.lasting, func() int { return f.tally.present() }, step))
}

// Attempts calls step again if it returned a *LostError. It stops after more than Retries attempts
// in a row without progress. lasting returns the progress: a number that grows with everything that
// need not be sent again. The error is then an *IncompleteError with the number that fileCount
// returns.
func (r Request) Attempts(ctx context.Context, lasting func() int64, fileCount func() int, step func(context.Context) error) error {
	for failed, progress := 0, lasting(); ; {
		err := step(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		lost, ok := errors.AsType[*LostError](err)
		if !ok {
			return err
		}
		if current := lasting(); current > progress {
			failed, progress = 0, current
		}
		if failed++; failed > r.Retries {
			return &IncompleteError{Attempts: failed, Files: fileCount(), Cause: lost.Cause}
		}
		if err := r.Pause(ctx, failed, lost.Cause); err != nil {
			return err
		}
	}
}

// lasting returns how many bytes and files need not be sent again.
func (f *fetch) lasting() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.gained
}

// prepare resets the counts of an earlier attempt, and opens the directory, unless this
// is only a plan.
func (f *fetch) prepare() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tally.reset()
	f.queue = &queue{}
	f.names = names{}
	f.paths = nil
	f.unmade = nil
	if !f.PlanOnly {
		if _, err := f.local.open(); err != nil {
			return err
		}
	}
	if f.tree != nil {
		return nil
	}
	f.tree = localtree.NewTree(localtree.TreeOptions{
		Open: func() (*os.Root, error) { return f.local.open() }, OpenExisting: f.local.peek, Layout: f.Layout,
		Wanted: func(p string) bool { return f.Wanted(p) }, // Paths may change
	})
	f.looker = f.tree.Worker()
	if f.PlanOnly {
		return nil
	}
	return f.tree.Open()
}

// room checks that the disk has enough space, before the first byte is written.
func (f *fetch) room() error {
	free, ok := localtree.Free(f.local.path)
	if f.queue.stored > 0 && ok && int64(min(free, 1<<62)) < f.queue.stored {
		return &SpaceError{Dir: f.Dir, Need: f.queue.stored, Free: int64(free)}
	}
	if inodes, ok := localtree.FreeInodes(f.local.path); ok && inodes == 0 && f.queue.files > 0 {
		return &DiskError{Dir: f.local.path, Reason: noInodes}
	}
	return nil
}

// result returns the current Result.
func (f *fetch) result() Result {
	r := f.tally.Result
	if r.Complete {
		r.Digest = f.tally.digest.Text()
	}
	slices.SortStableFunc(r.Refused, func(a, b Refusal) int { return compareText(a.Path, b.Path) })
	slices.SortStableFunc(r.Skipped, func(a, b Refusal) int { return compareText(a.Path, b.Path) })
	slices.Sort(r.Growing)
	slices.Sort(r.Unsettled)
	r.Unsettled = slices.Compact(r.Unsettled) // tar reports changed files, and the engine adds recent ones
	return r
}
