package s3mirror

import (
	"context"
	"crypto/sha256"
	"errors"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/presigned"
)

const (
	// mostState and mostETag are the maximum lengths of the state of a SHA-256 and of an ETag, in bytes.
	mostState, mostETag = 128, 256
)

var (
	errNoETag = errors.New("the store returned no ETag for an uploaded file")
	errNoSum  = errors.New("the agent returned no SHA-256 for an uploaded file")
)

// errRefused says that a file cannot be read. parts.refusal has the reason.
var errRefused = errors.New("the file cannot be read")

// part sends the part at index n, again with a new signature if that was too old. It calls read when
// the next part can start.
func (p *parts) part(ctx context.Context, n int, read func()) error {
	for renewal := 0; ; renewal++ {
		signed := p.Now()
		result, err := p.once(ctx, n, read)
		if err == nil && result.Failed != nil && renewal < presigned.MostRenewals && p.puts.Outdated(result.Failed, signed) {
			continue
		}
		if err == nil {
			err = p.check(n, &result)
		}
		if err == nil {
			p.stored(n, result)
			p.checkpoint(ctx)
		}
		return err
	}
}

// check returns the error of a result for the part at index n.
func (p *parts) check(n int, result *wire.PutResult) error {
	switch {
	case result.Refused != "":
		p.mu.Lock()
		p.refusal = result.Refused
		p.mu.Unlock()
		return errRefused
	case result.Changes == wire.Changed:
		return errChanged
	case result.Failed != nil:
		return p.puts.Refused(result.Failed)
	case result.ETag == "" || len(result.ETag) > mostETag:
		return errNoETag
	case n == len(p.etags)-1 && len(result.Sum) != sha256.Size:
		return errNoSum
	}
	return nil
}

// once makes the agent send the part at index n.
func (p *parts) once(ctx context.Context, n int, read func()) (result wire.PutResult, err error) {
	signed, err := p.Store.SignPart(ctx, p.At.Bucket, p.in, int32(n+1), p.Valid)
	if err != nil {
		return result, transfer.Lost(err)
	}
	offset := int64(n) * p.size
	file := p.task.ask(offset, min(p.size, p.task.Size-offset))
	file.URL, file.Header = signed.URL, signed.Header
	p.mu.Lock()
	if n > 0 {
		file.State = p.states[n-1]
	}
	p.mu.Unlock()
	request := p.request()
	request.Files = append(request.Files, file)
	p.notePutRequest()
	err = p.Agent.Put(ctx, request, func(r wire.PutResult) {
		if !r.Hashed {
			result = r
			return
		}
		if len(r.State) > mostState {
			return // the next part fails without a state
		}
		p.mu.Lock()
		p.states[n] = r.State
		p.mu.Unlock()
		read()
	})
	return result, err
}

// stored records a part that is in the bucket, and then counts it as progress.
func (p *parts) stored(n int, r wire.PutResult) {
	p.puts.Reached()
	p.record(n, r)
	p.count(min(p.size, p.task.Size-int64(n)*p.size))
}

// record adds a part to the index, and the following parts that are stored already.
func (p *parts) record(n int, r wire.PutResult) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.etags[n] = r.ETag
	if n == len(p.etags)-1 {
		p.sum, p.changes = r.Sum, r.Changes
	}
	p.copying.mu.Lock()
	defer p.copying.mu.Unlock()
	p.dirty = true
	recorded := p.index[p.task.Path].Upload
	if recorded == nil || recorded.ID != p.in.ID {
		return // the upload was aborted
	}
	for i := len(recorded.ETags); i < len(p.etags)-1 && p.etags[i] != ""; i++ {
		recorded.ETags, recorded.States = append(recorded.ETags, p.etags[i]), append(recorded.States, p.states[i])
	}
}
