package s3mirror

import (
	"crypto/sha256"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/presigned"
)

// handleResult handles the result of a file whose request was signed at that time.
func (c *copying) handleResult(t *task, r wire.PutResult, signed time.Time) error {
	switch {
	case r.Refused != "":
		c.torn(t, r.ETag)
		c.refuse(t.Path, r.Refused)
	case r.Failed != nil && c.puts.Outdated(r.Failed, signed) && t.renewals < presigned.MostRenewals:
		t.renewals++
		c.giveBack(t)
	case r.Failed != nil:
		c.giveBack(t)
		return c.puts.Refused(r.Failed)
	case r.Changes == wire.Changed:
		c.torn(t, r.ETag)
		c.retryChanged(t)
	case len(r.Sum) != sha256.Size:
		c.giveBack(t)
		return errNoSum
	case r.ETag == "" || len(r.ETag) > mostETag:
		c.giveBack(t)
		return errNoETag
	default:
		c.arrived(t, &entry{SHA256: r.Sum, ETag: r.ETag}, r.Changes)
	}
	return nil
}

// torn records an object with the content of a file that changed while it was read. The object is
// deleted at the end, unless the file is sent again.
func (c *copying) torn(t *task, etag string) {
	if etag == "" {
		return // nothing was stored
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.index[t.Path]
	e.SHA256 = nil
	e.ETag = etag
	e.States = nil
	e.torn = true
}

// retryChanged plans a file again that changed while it was read. It refuses a file that changes each time.
func (c *copying) retryChanged(t *task) {
	if t.tries++; t.tries >= mostTries {
		c.refuse(t.Path, "the file keeps changing while it is read")
		return
	}
	t.stale = true
	c.giveBack(t)
}

// arrived records a file that is in the bucket. e has its hash and ETag; arrived sets the other fields.
func (c *copying) arrived(t *task, e *entry, changes wire.State) {
	e.Path = t.Path
	e.Type = localtree.File
	e.Mode = t.Mode
	e.Link = t.link
	e.facts = factsOf(c.SourceID, &t.Entry)
	e.Evidence = transfer.EvidenceOf(t.Entry, c.InUse)
	c.puts.Reached()
	c.mu.Lock()
	c.dirty = true
	c.index[t.Path] = e
	c.result.Files++
	c.result.Bytes += t.Size
	if c.InUse && t.Recent {
		c.result.Unsettled = append(c.result.Unsettled, t.Path)
	}
	if changes == wire.Growing {
		c.result.Growing = append(c.result.Growing, t.Path)
	}
	c.mu.Unlock()
	if len(e.States) > 0 {
		c.gain(1, 0) // its parts are counted
	} else {
		c.gain(1, t.Size)
	}
}
