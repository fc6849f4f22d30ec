package s3mirror

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"slices"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// startUpload goes on with an upload that is known, or makes one; it returns the first part to be sent. Where
// an earlier copy has put all of it together already, it returns the ETag of the object.
func (p *parts) startUpload(ctx context.Context) (firstMissing int, etag string, err error) {
	p.in.Key = p.At.Key(p.task.Path)
	p.copying.mu.Lock()
	recorded := p.index[p.task.Path].Upload
	p.copying.mu.Unlock()
	if recorded == nil {
		return 0, "", p.createUpload(ctx)
	}
	p.in.ID = recorded.ID
	fits, err := p.fits(ctx, recorded)
	if err != nil {
		return 0, "", err
	}
	if fits {
		held, err := p.held(ctx)
		switch failed, refused := errors.AsType[*s3.Error](err); {
		case err == nil:
			return p.resume(recorded, held), "", nil
		case s3.NoUpload(err):
			if etag, err := p.completed(ctx, recorded); err != nil || etag != "" {
				return 0, etag, err
			}
		case !refused || failed.Passing():
			return 0, "", err
		}
	}
	// It is of another state of the file, or the store does not say what it has of it.
	if _, err := p.Store.Abort(ctx, p.At.Bucket, p.in); err != nil {
		return 0, "", err
	}
	return 0, "", p.createUpload(ctx)
}

// createUpload begins an upload.
func (p *parts) createUpload(ctx context.Context) (err error) {
	if p.in.ID, err = p.Store.CreateUpload(ctx, p.At.Bucket, p.in.Key, p.task.attributes()); err != nil {
		return err
	}
	p.copying.mu.Lock()
	p.index[p.task.Path].Upload = &upload{ID: p.in.ID, facts: factsOf(p.SourceID, &p.task.Entry), Part: p.size, Evidence: transfer.EvidenceOf(p.task.Entry, p.InUse)}
	p.copying.mu.Unlock()
	p.saveQuickly(ctx)
	return nil
}

// fits reports whether an upload is of the file as it is, cut as it is now.
func (p *parts) fits(ctx context.Context, recorded *upload) (bool, error) {
	if !p.described(recorded) {
		return false, nil
	}
	whole := len(recorded.ETags) == len(p.etags) && len(recorded.SHA256) > 0
	sent := min(len(recorded.ETags), len(p.etags)-1)
	if recorded.Evidence.Proves(p.InUse) || sent == 0 && !whole {
		return true, nil
	}
	// The times do not prove that what was sent is still what the file begins with.
	file := p.task.ask(0, p.task.Size)
	if !whole {
		file.Length = int64(sent) * p.size
	}
	matches := false
	err := p.Agent.Put(ctx, wire.PutRequest{Files: []wire.PutFile{file}}, func(r wire.PutResult) {
		matches = matches || unchanged(r) && recorded.hashes(r, whole, sent)
	})
	return matches, err
}

// unchanged reports whether r is of a file that did not change while it was hashed.
func unchanged(r wire.PutResult) bool {
	return !r.Hashed && r.Refused == "" && r.Failed == nil && r.Changes == wire.Still
}

// hashes reports whether r has the hash of the whole file, or else the state after that many parts.
func (u *upload) hashes(r wire.PutResult, whole bool, parts int) bool {
	if whole {
		return bytes.Equal(r.Sum, u.SHA256)
	}
	return bytes.Equal(r.State, u.States[parts-1])
}

// described reports whether an upload is of a file of the same size and times, cut as it is now.
func (p *parts) described(recorded *upload) bool {
	return recorded.equal(factsOf(p.SourceID, &p.task.Entry)) && recorded.Part == p.size && len(recorded.ETags) <= len(p.etags) &&
		len(recorded.States) >= min(len(recorded.ETags), len(p.etags)-1) && (len(recorded.SHA256) == 0 || len(recorded.SHA256) == sha256.Size)
}

// held asks the store which parts it has of the upload: their ETags by their numbers.
func (p *parts) held(ctx context.Context) (map[int]string, error) {
	held := map[int]string{}
	for part, err := range p.Store.Parts(ctx, p.At.Bucket, p.in) {
		if err != nil {
			return nil, err
		}
		held[part.Number] = s3.BareETag(part.ETag)
	}
	return held, nil
}

// resume takes over the parts of an earlier copy that the store has, and returns the first one that is
// missing.
func (p *parts) resume(recorded *upload, held map[int]string) (firstMissing int) {
	for firstMissing < len(recorded.ETags) && held[firstMissing+1] == s3.BareETag(recorded.ETags[firstMissing]) {
		firstMissing++
	}
	if firstMissing == len(p.etags) {
		if p.sum = recorded.SHA256; len(p.sum) == 0 {
			firstMissing-- // the sum of all is that of the last
		}
	}
	copy(p.etags, recorded.ETags[:firstMissing])
	copy(p.states, recorded.States)
	if firstMissing < len(p.etags) { // what follows is sent again
		p.copying.mu.Lock()
		recorded.ETags = recorded.ETags[:firstMissing]
		recorded.States = recorded.States[:firstMissing]
		recorded.SHA256 = nil
		p.copying.mu.Unlock()
	}
	p.counted = min(int64(firstMissing)*p.size, p.task.Size)
	p.progress(0, p.counted)
	return firstMissing
}

// completed looks for the object of an upload that is gone: a copy that was killed may have put it
// together. It returns the object's ETag, or nothing where there is none that is proven to be the file.
func (p *parts) completed(ctx context.Context, recorded *upload) (etag string, err error) {
	if len(recorded.ETags) != len(p.etags) || len(recorded.SHA256) == 0 {
		return "", nil
	}
	object, err := p.Store.Stat(ctx, p.At.Bucket, p.in.Key)
	switch {
	case s3.Absent(err):
		return "", nil
	case err != nil || !object.Consists(recorded.ETags, p.task.Size):
		return "", err
	}
	copy(p.states, recorded.States)
	p.sum, p.counted = recorded.SHA256, p.task.Size
	p.progress(0, p.counted)
	return object.ETag, nil
}

// finish writes into the index that all parts are there: if this copy is killed before it hears that the
// object is made, the next one knows the object by them.
func (p *parts) finish(ctx context.Context) {
	p.copying.mu.Lock()
	if recorded := p.index[p.task.Path].Upload; recorded != nil && recorded.ID == p.in.ID {
		recorded.ETags = slices.Clone(p.etags)
		recorded.States = slices.Clone(p.states[:len(p.states)-1])
		recorded.SHA256 = p.sum
	}
	p.copying.mu.Unlock()
	p.saveQuickly(ctx)
}

// vanished is why a part could not be sent. A pod hears nothing of a store that refuses a part before it
// has read it and closes the connection; this machine asks.
func (p *parts) vanished(ctx context.Context, failed error) error {
	refused, ok := errors.AsType[*s3.Error](failed)
	if !ok || !refused.InPod || !refused.Unreachable {
		return failed
	}
	if _, err := p.held(ctx); s3.NoUpload(err) {
		return err
	}
	return failed
}
