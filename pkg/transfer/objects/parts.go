package objects

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
	"github.com/kubectl-batch/kubectl-batch/pkg/bucket"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/presigned"
)

// partsAtOnce is how many parts of one file are on their way at the same time.
const partsAtOnce = 4

// errChanged says that a file is another one than when its first part was read.
var errChanged = errors.New("the file changed")

// parts is a large file on its way.
type parts struct {
	*copying
	task *task
	size int64 // of each part but the last
	in   bucket.Upload

	mu      sync.Mutex
	etags   []string // of each part; empty where it is not there yet
	states  [][]byte // behind each part
	sum     []byte
	changes wire.State
	came    int64 // bytes that were counted
	refusal string
}

// partSize is what a file of that size is cut into: Part, or more where those were too many.
func (c *copying) partSize(size int64) int64 {
	const step = 1 << 20
	least := (size + bucket.MostParts - 1) / bucket.MostParts
	return max(c.Part, (least+step-1)/step*step)
}

// inParts sends one large file.
func (c *copying) inParts(ctx context.Context, t *task) error {
	p := &parts{copying: c, task: t, size: c.partSize(t.Size)}
	count := int((t.Size + p.size - 1) / p.size)
	p.etags, p.states = make([]string, count), make([][]byte, count)
	from, err := p.begin(ctx)
	if err == nil {
		err = p.run(ctx, from)
	}
	var etag string
	if err == nil {
		etag, err = p.complete(ctx)
	}
	return p.conclude(ctx, etag, err)
}

// complete puts the parts together. Once begun, that is better not broken off: what a store
// makes of it then, nobody knows.
func (p *parts) complete(ctx context.Context) (etag string, err error) {
	still, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(cleaning, cancel) })
	defer stop()
	return p.Store.Complete(still, p.At.Bucket, p.in, p.etags, p.task.Size, p.there[p.task.Path].etag)
}

// conclude takes note of how it ended.
func (p *parts) conclude(ctx context.Context, etag string, err error) error {
	switch {
	case err == nil:
		p.arrived(p.task, &entry{SHA256: p.sum, ETag: etag, Part: p.size, States: p.states[:len(p.states)-1]}, p.changes)
		return nil
	case p.refusal != "":
		p.drop(ctx)
		p.refuse(p.task.Path, p.refusal)
		return nil
	case errors.Is(err, errChanged):
		p.drop(ctx)
		p.again(p.task)
		return nil
	case bucket.NoUpload(err) && p.task.renewals < presigned.MostRenewals:
		p.task.renewals++
		p.drop(ctx)
		p.giveBack(p.task)
		return nil
	}
	p.progress(0, -p.came)
	p.giveBack(p.task)
	return transfer.Lost(err)
}

// drop gives up what was sent so far.
func (p *parts) drop(ctx context.Context) {
	p.progress(0, -p.came)
	if _, err := p.Store.Abort(ctx, p.At.Bucket, p.in); err != nil {
		return // it stands in the index, for the next one
	}
	p.copying.mu.Lock()
	defer p.copying.mu.Unlock()
	if e := p.index[p.task.Path]; e != nil {
		e.Upload = nil
	}
}

// begin goes on with an upload that is known, or makes one; it returns the first part to
// be sent.
func (p *parts) begin(ctx context.Context) (from int, err error) {
	p.in.Key = p.At.Key(p.task.Path)
	facts := factsOf(p.SourceID, &p.task.Entry)
	p.copying.mu.Lock()
	known := p.index[p.task.Path].Upload
	p.copying.mu.Unlock()
	if known != nil && known.equal(facts) && known.Part == p.size && len(known.ETags) <= len(p.etags) && len(known.States) >= min(len(known.ETags), len(p.etags)-1) {
		p.in.ID, from = known.ID, len(known.ETags)
		if from == len(p.etags) {
			from-- // the sum of all is that of the last
		}
		copy(p.etags, known.ETags[:from])
		copy(p.states, known.States[:from])
		p.came = int64(from) * p.size
		p.progress(0, p.came)
		return from, nil
	}
	if known != nil {
		if _, err := p.Store.Abort(ctx, p.At.Bucket, bucket.Upload{Key: p.in.Key, ID: known.ID}); err != nil {
			return 0, err
		}
	}
	if p.in.ID, err = p.Store.Begin(ctx, p.At.Bucket, p.in.Key, p.task.attributes()); err != nil {
		return 0, err
	}
	p.copying.mu.Lock()
	p.index[p.task.Path].Upload = &upload{ID: p.in.ID, facts: facts, Part: p.size}
	p.copying.mu.Unlock()
	p.saved.hurry()
	p.checkpoint(ctx)
	return 0, nil
}

func (p *parts) count(bytes int64) {
	p.mu.Lock()
	p.came += bytes
	p.mu.Unlock()
	p.gain(0, bytes)
}

// run sends parts, each as soon as the one before it was read.
func (p *parts) run(ctx context.Context, from int) error {
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(partsAtOnce)
	for n := from; n < len(p.etags) && inner.Err() == nil; n++ {
		read, was := context.WithCancel(inner)
		group.Go(func() error {
			defer was()
			return p.part(inner, n, was)
		})
		<-read.Done()
	}
	return group.Wait()
}
