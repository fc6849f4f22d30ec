package s3mirror

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/presigned"
)

const (
	// DefaultPart is the size of the parts of a larger file, in bytes.
	DefaultPart = 64 << 20
	// DefaultParallel is the number of parallel requests to the agent. One request can have
	// many small files.
	DefaultParallel = 4
	// forever is longer than any copy.
	forever = 10 * 365 * 24 * time.Hour
	// cleaning is how long cleanup may take after the end.
	cleaning = time.Minute
)

// Agent stores files of the tree.
type Agent interface {
	// Put is that of an agent.Source.
	Put(ctx context.Context, request wire.PutRequest, result func(wire.PutResult)) error
}

// Request says what to copy to a bucket.
type Request struct {
	// Request is as for a fetch, without Dir, Receipts and Sums. Its Source lists, and Force
	// overwrites objects.
	transfer.Request
	// Agent stores files in Store.
	Agent Agent
	Store *s3.Store
	// At is the destination.
	At s3.Location
	// ID identifies this copy. An earlier process with the same ID is known to be dead.
	ID string
	// Part is the size of parts in bytes. Larger files are uploaded in parts. If zero, it is the setting of the profile, or
	// DefaultPart. Valid is how long a pre-signed request is valid: presigned.DefaultValid if zero.
	Part  int64
	Valid time.Duration
	Now   func() time.Time
	// Say receives notes for the user.
	Say func(string)
	// ReportStart, if not nil, is called when this copy has the lock. From then on, the bucket may contain parts.
	ReportStart func()
	// ReportRemains, if not nil, is called if parts of files may remain in the bucket when the copy ends.
	ReportRemains func()

	// beat and grace are for tests: the interval of writing the lock, and how long cleanup may take after ctx ends.
	beat, grace time.Duration
}

// Copy copies the requested files to the bucket. The result is that of transfer.Fetch, with objects
// and lines of the index instead of files and links. Errors are those of transfer.Fetch, and a
// *LockedError.
func Copy(ctx context.Context, r Request) (transfer.Result, error) {
	if r.Parallel == 0 {
		r.Parallel = DefaultParallel
	}
	var err error
	if r.Request, err = r.WithDefaults(); err != nil {
		return transfer.Result{}, err
	}
	if r.Part == 0 {
		r.Part = cmp.Or(r.Store.PartSize(), DefaultPart)
	}
	if r.Valid == 0 {
		r.Valid = presigned.DefaultValid
	}
	c := &copying{Request: r}
	c.puts.Store = r.Store
	c.puts.Bucket = r.At.Bucket
	c.puts.Valid = r.Valid
	c.puts.Now = r.Now
	err = c.copyLocked(ctx)
	slices.SortStableFunc(c.result.Refused, func(a, b transfer.Refusal) int { return cmp.Compare(a.Path, b.Path) })
	slices.Sort(c.result.Growing)
	slices.Sort(c.result.Unsettled)
	if c.result.Complete = err == nil && !r.PlanOnly; c.result.Complete {
		c.result.Verified, c.result.Digest = true, c.digest.Text()
	}
	if len(c.result.Refused) > 0 {
		err = transfer.Joined(err, &transfer.RefusedError{Refused: c.result.Refused})
	}
	return c.result, err
}

// copying is one call of Copy.
type copying struct {
	Request
	puts presigned.Puts

	mu           sync.Mutex // what workers share
	index        index
	dirty        bool // the index in the bucket is another one
	begun        bool // the index says what is about to be put
	putRequested bool // the agent was asked to put something
	objects      map[string]object
	listed       map[string]struct{} // what was listed
	small        []*task
	large        []*task
	result       transfer.Result
	digest       transfer.Digest
	roots        transfer.Roots
	firstNames   map[localtree.Inode]string
	reported     transfer.Progress
	gained       int64

	saved saving
	// tidying lives on when the copy is stopped, for as long as tidying up may take.
	tidying context.Context
}

// object is an object that exists at a path.
type object struct {
	size int64
	etag string
}

// copyLocked copies with the lock. A plan needs no lock.
func (c *copying) copyLocked(ctx context.Context) error {
	if c.PlanOnly {
		return c.run(ctx)
	}
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	still, end := transfer.Outlast(ctx, cmp.Or(c.grace, transfer.Grace), forever)
	defer end()
	c.tidying = still
	l := newLock(c.Store, c.At, c.ID, c.SourceID, cancel)
	l.beat = cmp.Or(c.beat, l.beat)
	if err := c.Attempts(ctx, c.lasting, c.present, func(ctx context.Context) error { return l.acquire(ctx, c.Say) }); err != nil {
		return err
	}
	if c.ReportStart != nil {
		c.ReportStart()
	}
	err := c.run(inner)
	if inner.Err() != nil && ctx.Err() == nil {
		c.reportRemains()
		return &LockedError{c.At} // another copy has the lock, so that this one must not write the index
	}
	err = transfer.Joined(err, c.end(ctx, err))
	if released := l.release(still); released != nil && err == nil {
		c.Say(fmt.Sprintf("Note: could not delete %s: %v", c.At.At(lockName), released))
	}
	return err
}

func (c *copying) run(ctx context.Context) error {
	err := c.Attempts(ctx, c.lasting, c.present, c.list)
	if err != nil || c.PlanOnly {
		return c.explainIncomplete(err)
	}
	c.sweep(ctx)
	if err := c.intend(ctx); err != nil {
		return err
	}
	return c.explainIncomplete(c.Attempts(ctx, c.lasting, c.present, c.send))
}

// explainIncomplete adds to an *IncompleteError that the complete files are in the bucket.
func (c *copying) explainIncomplete(err error) error {
	if incomplete, ok := errors.AsType[*transfer.IncompleteError](err); ok {
		incomplete.Place = "in the bucket"
	}
	return err
}

func (c *copying) lasting() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gained
}

func (c *copying) present() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.result.Files + c.result.Symlinks
}

// gain counts files and bytes that need not be sent again.
func (c *copying) gain(files, bytes int64) {
	c.mu.Lock()
	c.gained += files + bytes
	c.mu.Unlock()
	c.progress(files, bytes)
}

// notePutRequest records that the agent may have created objects, also if its response is lost.
func (c *copying) notePutRequest() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.putRequested = true
}

// progress adds to the progress and reports it.
func (c *copying) progress(files, bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reported.Files += files
	c.reported.Bytes += bytes
	c.Reporter.Report(c.reported)
}

func (c *copying) refuse(path, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.result.Refused = append(c.result.Refused, transfer.Refusal{Path: path, Reason: reason})
}
