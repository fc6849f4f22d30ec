package transfer

import (
	"context"
	"io"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// Request says what to fetch and where to. Source and Dir are required.
type Request struct {
	Source Source
	// SourceID identifies the tree (the UID of a claim). Local files from the same tree are
	// older copies and may be overwritten.
	SourceID string
	// Dir is the local directory. It is created, with its parents, when the source
	// has responded, and removed if nothing was written to it.
	Dir string
	// Reservation is Dir if the caller has reserved it. The caller releases it. If nil, Fetch reserves Dir when the
	// source has responded.
	Reservation *Reservation
	// Paths are relative to the source's root; none means all of it.
	Paths []string
	// Filter selects the entries to copy; nil selects all.
	Filter Filter
	// Layout resolves absolute symlinks and symlinks to other directories of the claim. Nil resolves neither.
	Layout *localtree.Layout
	// KeepLinks creates symlinks that lead out of the tree unchanged, instead of skipping them.
	KeepLinks bool
	// Force overwrites local files that no fetch wrote.
	Force bool
	// Checksum compares local files by content, not by size and time.
	Checksum bool
	// InUse says that something may write to the tree while it is read. The next fetch without InUse compares
	// the files by content.
	InUse bool
	// PlanOnly stops before the first byte. The Result says what would be copied.
	PlanOnly bool
	// Parallel is the number of parallel streams; 0 means 2.
	Parallel int
	// Retries is how often in a row a lost stream is opened again without progress: 0 means
	// 2, below 0 never.
	Retries int
	// Pause is called before each retry, with the number of the retry, from 1 on, and the
	// cause. Its error ends the fetch. Nil means no pause.
	Pause func(ctx context.Context, retry int, cause error) error
	// Receipts is a directory outside Dir for receipts, which record the written files. It
	// is created if necessary. "" means no receipts.
	Receipts string
	// Sums receives a line of sha256sum for each file, after all were copied. It may be nil.
	Sums io.Writer
	// Planned is called after the plan: the number of files and bytes to copy, and how many
	// of the bytes need space on the disk. It may be nil.
	Planned func(files int, bytes, stored int64)
	// Reporter may be nil.
	Reporter Reporter
}

// Filter says which entries of a tree are wanted.
type Filter interface {
	Takes(path string, dir bool) bool
}

const (
	defaultRetries  = 2 // enough for the loss of a node and of a connection
	defaultParallel = 2 // one writes locally while the other waits for the source
)

// WithDefaults returns the request with defaults, and with clean Paths of which none is inside
// another. Its error names a path outside the source directory.
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

// everything is the Filter that selects all entries.
type everything struct{}

func (everything) Takes(string, bool) bool { return true }
