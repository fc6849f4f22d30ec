package s3mirror

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/presigned"
)

// partsAtOnce is how many parts of one file are sent at the same time.
const partsAtOnce = 4

// errChanged says that a file changed after its first part was read.
var errChanged = errors.New("the file changed")

// parts is the upload of a large file.
type parts struct {
	*copying
	task *task
	size int64 // of each part but the last
	in   s3.Upload

	mu      sync.Mutex
	etags   []string // of each part; "" if it is not stored yet
	states  [][]byte // of the SHA-256 after each part
	sum     []byte
	changes wire.State
	counted int64 // bytes that were counted
	refusal string
}

// partSize returns the size of the parts of a file of that size: Part, or more if there were too many parts.
func (c *copying) partSize(size int64) int64 {
	const step = 1 << 20
	least := (size + s3.MostParts - 1) / s3.MostParts
	return max(c.Part, (least+step-1)/step*step)
}

// inParts sends one large file in parts.
func (c *copying) inParts(ctx context.Context, t *task) error {
	p := &parts{copying: c, task: t, size: c.partSize(t.Size)}
	count := int((t.Size + p.size - 1) / p.size)
	p.etags, p.states = make([]string, count), make([][]byte, count)
	etag, err := p.send(ctx)
	return p.conclude(ctx, etag, err)
}

// send sends the missing parts, completes the upload and returns the ETag of the object.
func (p *parts) send(ctx context.Context) (etag string, err error) {
	firstMissing, etag, err := p.startUpload(ctx)
	if err != nil || etag != "" {
		return etag, err
	}
	if err := p.run(ctx, firstMissing); err != nil {
		return "", p.vanished(ctx, err)
	}
	p.finish(ctx)
	return p.complete()
}

// complete completes the upload. It is not cancelled at once with the copy, because the store may be doing it already.
func (p *parts) complete() (etag string, err error) {
	return p.Store.Complete(p.tidying, p.At.Bucket, p.in, p.etags, p.task.Size)
}

// conclude handles the result of send.
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
		p.retryChanged(p.task)
		return nil
	case s3.PartsGone(err) && p.task.renewals < presigned.MostRenewals:
		if p.task.renewals++; s3.NoUpload(err) || p.task.renewals == 1 {
			p.progress(0, -p.counted) // the next attempt lists the stored parts
		} else {
			p.drop(ctx)
		}
		p.giveBack(p.task)
		return nil
	}
	p.progress(0, -p.counted)
	p.giveBack(p.task)
	return transfer.Lost(err)
}

// drop aborts the upload.
func (p *parts) drop(ctx context.Context) {
	p.progress(0, -p.counted)
	if _, err := p.Store.Abort(ctx, p.At.Bucket, p.in); err != nil {
		return // the next copy finds it in the index
	}
	p.copying.mu.Lock()
	defer p.copying.mu.Unlock()
	if e := p.index[p.task.Path]; e != nil {
		e.Upload = nil
	}
}

func (p *parts) count(bytes int64) {
	p.mu.Lock()
	p.counted += bytes
	p.mu.Unlock()
	p.gain(0, bytes)
}

// run sends the parts from firstMissing on. A part starts when the previous one was read.
func (p *parts) run(ctx context.Context, firstMissing int) error {
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(partsAtOnce)
	for n := firstMissing; n < len(p.etags) && inner.Err() == nil; n++ {
		read, markRead := context.WithCancel(inner)
		group.Go(func() error {
			defer markRead()
			return p.part(inner, n, markRead)
		})
		<-read.Done()
	}
	return group.Wait()
}
