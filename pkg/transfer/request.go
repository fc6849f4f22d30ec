package transfer

import (
	"context"
	"io"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// Request says what to fetch and where to. Source and Dir are required.
type Request struct {
	Source Source
	// SourceID names the tree for good (a claim's UID): only files that were
	// fetched from the same one are older copies.
	SourceID string
	// Dir is the local directory. It is made, with its parents, when the source
	// has answered, and removed again where nothing came.
	Dir string
	// Reservation is Dir, reserved by the caller, who releases it. Nil: Fetch reserves Dir for itself, when the
	// source has answered.
	Reservation *Reservation
	// Paths are relative to the source's root; none means all of it.
	Paths []string
	// Filter leaves out what it does not take; nil takes all.
	Filter Filter
	// Layout says what absolute symlinks lead to, and what lies on the same claim outside of the tree. Nil knows of neither.
	Layout *localtree.Layout
	// KeepLinks creates symlinks that lead out of the tree as they are, in place of skipping them.
	KeepLinks bool
	// Force overwrites local files that no fetch wrote.
	Force bool
	// Checksum compares what is here by content, not by size and time.
	Checksum bool
	// InUse says that something may write to the tree while it is read: what is copied now is compared by
	// content by the next fetch for which that is not so.
	InUse bool
	// PlanOnly stops before the first byte: the Result says what would come.
	PlanOnly bool
	// Parallel is how many streams carry files side by side; 0 means 2.
	Parallel int
	// Retries is how often in a row a lost stream is opened again without that
	// anything came: 0 means 2, below 0 never.
	Retries int
	// Pause is waited for before each retry, the first being 1, with what ended
	// the attempt; its error ends the fetch. Nil does not wait.
	Pause func(ctx context.Context, retry int, cause error) error
	// Receipts is a directory outside of Dir that remembers what was written
	// where; empty remembers nothing. It is made if need be.
	Receipts string
	// Sums is given a line of sha256sum for each file, once all are here. Nil: none.
	Sums io.Writer
	// Planned is told what must come, once that is known: so many files of so many bytes,
	// of which stored take room on a disk. It may be nil.
	Planned func(files int, bytes, stored int64)
	// Reporter may be nil.
	Reporter Reporter
}

// Filter says which entries of a tree are wanted.
type Filter interface {
	Takes(path string, dir bool) bool
}

const (
	defaultRetries  = 2 // enough for a node that goes and a connection that drops
	defaultParallel = 2 // one writes here while the other waits there
)

// WithDefaults returns the request with every field set, and with clean Paths of which none lies in
// another. Its error names a path that leads out.
func (r Request) WithDefaults() (Request, error) {
	switch {
	case r.Retries == 0:
		r.Retries = defaultRetries
	case r.Retries < 0:
		r.Retries = 0
	}
	if r.Parallel < 1 {
		r.Parallel = defaultParallel
	}
	if r.Pause == nil {
		r.Pause = func(context.Context, int, error) error { return nil }
	}
	if r.Planned == nil {
		r.Planned = func(int, int64, int64) {}
	}
	if r.Filter == nil {
		r.Filter = everything{}
	}
	if r.Reporter == nil {
		r.Reporter = silence{}
	}
	var err error
	r.Paths, err = outermost(r.Paths)
	return r, err
}

// everything is the Filter that leaves nothing out.
type everything struct{}

func (everything) Takes(string, bool) bool { return true }
