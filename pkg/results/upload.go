package results

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/s3mirror"
)

// upload copies the files of one claim into a bucket.
type upload struct {
	config   *Config
	store    *s3.Store
	location *resultsLocation
	messages messages
	to       s3.Location
}

// run copies what request names. Parts of files in the bucket are recorded on the claim as long as there can be any.
func (u upload) run(ctx context.Context, ids *fetchIDs, source *claimSource, request transfer.Request) (transfer.Result, error) {
	id, err := ids.acquire(strings.Join([]string{"to", u.to.String(), u.store.Endpoint()}, "\n"))
	if err != nil {
		return transfer.Result{}, err
	}
	defer id.remove()
	started, remains := false, false
	result, err := s3mirror.Copy(ctx, s3mirror.Request{
		Request: request, Agent: source, Store: u.store, At: u.to, ID: id.id, Now: u.config.Clock.Now, Say: u.messages.say,
		ReportStart: func() {
			started = true
			u.record(ctx, &claim.Via{
				Bucket: u.to.Bucket, Prefix: u.to.Prefix, Endpoint: u.store.Endpoint(), Region: u.store.Region(), Since: u.config.ServerClock.Now(), Ends: true,
			})
		},
		ReportRemains: func() { remains = true },
	})
	if started && !remains {
		u.record(ctx, nil)
	}
	return result, err
}

// record writes on the claim where parts of files may be. A command that deletes the claim, or cleans up later, needs the
// record. nil removes it.
func (u upload) record(ctx context.Context, via *claim.Via) {
	ctx, cancel := transfer.Outlast(ctx, transfer.Grace, annotationTimeout)
	defer cancel()
	if err := claim.MarkVia(ctx, u.config.Client, u.location.claim, uploadID(u.to, u.store), via); err != nil {
		u.messages.sayf("Note: the upload to %s could not be recorded on claim %s: %v", u.to, u.location.claim.Name, err)
	}
}

// uploadID names the annotation of an upload. It is the same for every upload to that destination.
func uploadID(to s3.Location, store *s3.Store) string {
	sum := sha256.Sum256([]byte(to.String() + "\n" + store.Endpoint()))
	return "to-" + hex.EncodeToString(sum[:8])
}
