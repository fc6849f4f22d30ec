package fetch

import (
	"context"
	"fmt"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/ui"
)

// reporter shows what the engine reports.
type reporter struct {
	options *Options
	out     *outcome
	// way names how the files come; name is what it said when it was last asked.
	way   func() string
	name  string
	asked time.Time
}

// askEvery is how often the way is asked for: what comes is reported far more often.
const askEvery = time.Second

// Report implements transfer.Reporter.
func (r *reporter) Report(at transfer.Progress) {
	r.out.came, r.out.most = at.Bytes, max(r.out.most, at.Bytes)
	if now := r.options.factory.Clock.Now(); now.Sub(r.asked) >= askEvery {
		r.asked, r.name = now, r.way()
	}
	r.options.progress.Report(ui.At{
		Files: at.Files, TotalFiles: at.TotalFiles, Bytes: at.Bytes, TotalBytes: at.TotalBytes, Transport: r.name,
	})
}

// planned is told what is about to come. Holes are not sent, so they do not count.
func (o *Options) planned(_ int, _, stored int64) {
	if hint := bucketHint(stored); hint != "" && !o.engine.Plan && o.store == nil {
		o.factory.Say(hint)
	}
}

// bucketAt is from how many bytes on the API server is the wrong way: everybody
// in the cluster shares it.
const bucketAt = 5 << 30

// bucketHint is a line for people who fetch so many bytes, empty up to bucketAt.
func bucketHint(bytes int64) string {
	if bytes <= bucketAt {
		return ""
	}
	return fmt.Sprintf("Note: fetch transfers %s through the API server, which all users of the cluster share; to transfer through an S3 bucket, use --via=s3://BUCKET", size(bytes))
}

// way is how files came.
type way struct {
	Transport, Compression string
	// Wire is how many bytes were sent for them; 0 where that is not known.
	Wire int64
}

// timed is a Source that notes when it was first opened.
type timed struct {
	transfer.Source
	out *outcome
	now func() time.Time
}

// List implements transfer.Source.
func (t timed) List(ctx context.Context, paths []string) (transfer.Listing, error) {
	listing, err := t.Source.List(ctx, paths)
	if err == nil {
		t.out.opened(t.now())
	}
	return listing, err
}

// Open implements transfer.Source.
func (t timed) Open(ctx context.Context, wants []transfer.Want) (transfer.Contents, error) {
	contents, err := t.Source.Open(ctx, wants)
	if err == nil {
		t.out.opened(t.now())
	}
	return contents, err
}
