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

// startUpload resumes the recorded upload or creates one. It returns the index of the first part to send. If an
// earlier copy has completed the upload, it returns the ETag of the object.
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
	// The upload is for another state of the file, or the store does not list its parts.
	if _, err := p.Store.Abort(ctx, p.At.Bucket, p.in); err != nil {
		return 0, "", err
	}
	return 0, "", p.createUpload(ctx)
}

// createUpload creates an upload and records it in the index.
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

// fits reports whether an upload is for the current state of the file and the current size of parts.
func (p *parts) fits(ctx context.Context, recorded *upload) (bool, error) {
	if !p.described(recorded) {
		return false, nil
	}
	whole := len(recorded.ETags) == len(p.etags) && len(recorded.SHA256) > 0
	sent := min(len(recorded.ETags), len(p.etags)-1)
	if recorded.Evidence.Proves(p.InUse) || sent == 0 && !whole {
		return true, nil
	}
	// The times do not prove that the file still begins with the sent content.
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

// described reports whether an upload has the same size and times of the file, and the current size of parts.
func (p *parts) described(recorded *upload) bool {
	return recorded.equal(factsOf(p.SourceID, &p.task.Entry)) && recorded.Part == p.size && len(recorded.ETags) <= len(p.etags) &&
		len(recorded.States) >= min(len(recorded.ETags), len(p.etags)-1) && (len(recorded.SHA256) == 0 || len(recorded.SHA256) == sha256.Size)
}

// held lists the stored parts of the upload: their ETags by their numbers.
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

// resume uses the stored parts of an earlier copy, and returns the index of the first missing part.
func (p *parts) resume(recorded *upload, held map[int]string) (firstMissing int) {
	for firstMissing < len(recorded.ETags) && held[firstMissing+1] == s3.BareETag(recorded.ETags[firstMissing]) {
		firstMissing++
	}
	if firstMissing == len(p.etags) {
		if p.sum = recorded.SHA256; len(p.sum) == 0 {
			firstMissing-- // the last part is sent again, because only its result has the SHA-256 of the file
		}
	}
	copy(p.etags, recorded.ETags[:firstMissing])
	copy(p.states, recorded.States)
	if firstMissing < len(p.etags) { // the following parts are sent again
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

// completed looks for the object of an upload that no longer exists: a copy may have completed it before
// it was killed. It returns the ETag of the object, "" if no object is proven to be the file.
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

// finish records in the index that all parts are stored. If this copy is killed while it completes the upload,
// the next one can recognize the object by its parts.
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

// vanished returns the reason why a part could not be sent. If a store rejects a part and closes the connection
// before it has read the content, a pod does not receive the error. Then this machine asks the store.
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
