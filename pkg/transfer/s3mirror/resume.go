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

// begin goes on with an upload that is known, or makes one; it returns the first part to be sent. Where
// an earlier copy has put all of it together already, it returns the ETag of the object.
func (p *parts) begin(ctx context.Context) (from int, etag string, err error) {
	p.in.Key = p.At.Key(p.task.Path)
	p.copying.mu.Lock()
	known := p.index[p.task.Path].Upload
	p.copying.mu.Unlock()
	if known == nil {
		return 0, "", p.beginAnew(ctx)
	}
	p.in.ID = known.ID
	fits, err := p.fits(ctx, known)
	if err != nil {
		return 0, "", err
	}
	if fits {
		held, err := p.held(ctx)
		switch failed, refused := errors.AsType[*s3.Error](err); {
		case err == nil:
			return p.resume(known, held), "", nil
		case s3.NoUpload(err):
			if etag, err := p.completed(ctx, known); err != nil || etag != "" {
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
	return 0, "", p.beginAnew(ctx)
}

// beginAnew begins an upload.
func (p *parts) beginAnew(ctx context.Context) (err error) {
	if p.in.ID, err = p.Store.Begin(ctx, p.At.Bucket, p.in.Key, p.task.attributes()); err != nil {
		return err
	}
	p.copying.mu.Lock()
	p.index[p.task.Path].Upload = &upload{ID: p.in.ID, facts: factsOf(p.SourceID, &p.task.Entry), Part: p.size, Evidence: transfer.EvidenceOf(p.task.Entry, p.InUse)}
	p.copying.mu.Unlock()
	p.saveQuickly(ctx)
	return nil
}

// fits reports whether an upload is of the file as it is, cut as it is now.
func (p *parts) fits(ctx context.Context, known *upload) (bool, error) {
	if !p.described(known) {
		return false, nil
	}
	whole := len(known.ETags) == len(p.etags) && len(known.SHA256) > 0
	sent := min(len(known.ETags), len(p.etags)-1)
	if known.Evidence.Proves(p.InUse) || sent == 0 && !whole {
		return true, nil
	}
	// The times do not prove that what was sent is still what the file begins with.
	file := p.task.ask(0, p.task.Size)
	if !whole {
		file.Length = int64(sent) * p.size
	}
	same := false
	err := p.Agent.Put(ctx, wire.PutRequest{Files: []wire.PutFile{file}}, func(r wire.PutResult) {
		same = same || unchanged(r) && known.hashes(r, whole, sent)
	})
	return same, err
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
func (p *parts) described(known *upload) bool {
	return known.equal(factsOf(p.SourceID, &p.task.Entry)) && known.Part == p.size && len(known.ETags) <= len(p.etags) &&
		len(known.States) >= min(len(known.ETags), len(p.etags)-1) && (len(known.SHA256) == 0 || len(known.SHA256) == sha256.Size)
}

// held asks the store which parts it has of the upload: their ETags by their numbers.
func (p *parts) held(ctx context.Context) (map[int]string, error) {
	held := map[int]string{}
	for one, err := range p.Store.Parts(ctx, p.At.Bucket, p.in) {
		if err != nil {
			return nil, err
		}
		held[one.Number] = s3.BareETag(one.ETag)
	}
	return held, nil
}

// resume takes over the parts of an earlier copy that the store has, and returns the first one that is
// missing.
func (p *parts) resume(known *upload, held map[int]string) (from int) {
	for from < len(known.ETags) && held[from+1] == s3.BareETag(known.ETags[from]) {
		from++
	}
	if from == len(p.etags) {
		if p.sum = known.SHA256; len(p.sum) == 0 {
			from-- // the sum of all is that of the last
		}
	}
	copy(p.etags, known.ETags[:from])
	copy(p.states, known.States)
	if from < len(p.etags) { // what follows is sent again
		p.copying.mu.Lock()
		known.ETags, known.States, known.SHA256 = known.ETags[:from], known.States[:from], nil
		p.copying.mu.Unlock()
	}
	p.came = min(int64(from)*p.size, p.task.Size)
	p.progress(0, p.came)
	return from
}

// completed looks for the object of an upload that is gone: a copy that was killed may have put it
// together. It returns the object's ETag, or nothing where there is none that is proven to be the file.
func (p *parts) completed(ctx context.Context, known *upload) (etag string, err error) {
	if len(known.ETags) != len(p.etags) || len(known.SHA256) == 0 {
		return "", nil
	}
	object, err := p.Store.Look(ctx, p.At.Bucket, p.in.Key)
	switch {
	case s3.Absent(err):
		return "", nil
	case err != nil || !object.Consists(known.ETags, p.task.Size):
		return "", err
	}
	copy(p.states, known.States)
	p.sum, p.came = known.SHA256, p.task.Size
	p.progress(0, p.came)
	return object.ETag, nil
}

// finish writes into the index that all parts are there: if this copy is killed before it hears that the
// object is made, the next one knows the object by them.
func (p *parts) finish(ctx context.Context) {
	p.copying.mu.Lock()
	if known := p.index[p.task.Path].Upload; known != nil && known.ID == p.in.ID {
		known.ETags, known.States, known.SHA256 = slices.Clone(p.etags), slices.Clone(p.states[:len(p.states)-1]), p.sum
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
