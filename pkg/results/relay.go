package results

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/plural"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/agent"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/s3relay"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// objectDeletionTimeout is how long the deletion of objects may take after Ctrl-C or at the end.
const objectDeletionTimeout = time.Minute

// relay transfers the files of one claim through a bucket. Its id separates the objects of two fetches.
type relay struct {
	config   *Config
	request  *Request
	store    *s3.Store
	location *resultsLocation
	messages messages
	id       *fetchID
	objects  s3.Location
	// resumed means that objects of an interrupted fetch may exist.
	resumed bool
	// source is nil until there is an agent.
	source *s3relay.Source
	// recorded means that an annotation of the claim names the objects.
	recorded bool
}

// openRelay prepares the transfer of one claim through the bucket; nil if that is not requested.
func (f *jobFetch) openRelay(ctx context.Context) (*relay, error) {
	via := f.request.Bucket.Via
	if via.Bucket == "" || f.store == nil {
		return nil, nil
	}
	id, err := f.ids.acquire(relayKind(f.request, f.store, f.location, f.inUse))
	if err != nil {
		return nil, err
	}
	r := &relay{
		config: f.config, request: f.request, store: f.store, location: f.location, messages: f.messages, id: id,
		objects: via.At(f.location.namespace, f.location.name, string(f.location.claim.UID), id.id),
	}
	for _, err := range r.store.List(ctx, r.objects.Bucket, r.objects.Prefix+"/") {
		if err != nil {
			return nil, transfer.Joined(err, r.abandon())
		}
		r.resumed = true
		break
	}
	record := claim.Via{
		Bucket: r.objects.Bucket, Prefix: r.objects.Prefix, Endpoint: r.store.Endpoint(), Region: r.store.Region(), Since: f.config.ServerClock.Now(),
	}
	if err := claim.MarkVia(ctx, f.config.Client, f.location.claim, id.id, &record); err != nil {
		f.messages.sayf("Note: the transfer through %s could not be recorded on claim %s: %v", r.objects, f.location.claim.Name, err)
	} else {
		r.recorded = true
	}
	return r, nil
}

// relayKind is equal for two fetches through a bucket if one can resume with the objects of the other. Objects that were
// packed while the results were in use are not used once they are not.
func relayKind(request *Request, store *s3.Store, location *resultsLocation, inUse bool) string {
	kind := []string{string(location.claim.UID), location.name, location.SubPath, request.Bucket.Via.String(), store.Endpoint()}
	if inUse {
		kind = append(kind, "in use")
	}
	return strings.Join(kind, "\n")
}

// sourceFor returns the source that transfers the files of an agent through the bucket. An agent that replaces a lost one
// continues with the same source.
func (r *relay) sourceFor(remote *agent.Source, meter *transport.Meter) *s3relay.Source {
	if r.source != nil {
		r.source.UseAgent(remote)
		return r.source
	}
	r.source = s3relay.New(s3relay.Options{
		Agent: remote, Store: r.store, At: r.objects, Resume: r.resumed, Keep: r.request.Bucket.KeepObjects,
		Through: meter.Reader, Now: r.config.Clock.Now, Layout: r.location.layout, Wanted: r.request.Filter.Takes,
	})
	return r.source
}

// close deletes the objects after a complete transfer; failed keeps them for the next fetch.
func (r *relay) close(ctx context.Context, failed error) error {
	ctx, cancel := transfer.Outlast(ctx, transfer.Grace, objectDeletionTimeout)
	defer cancel()
	if failed != nil {
		return r.keepForResume(ctx)
	}
	if r.request.Bucket.KeepObjects {
		if count, err := r.countObjects(ctx); err != nil || count > 0 {
			r.messages.sayf("Kept the objects of this transfer at %s", r.objects)
		}
		return r.removeRecords(ctx)
	}
	if _, err := r.store.Empty(ctx, r.objects.Bucket, r.objects.Prefix+"/"); err != nil {
		return errors.Join(fmt.Errorf("the files were fetched, but the objects at %s could not be deleted: %w", r.objects, err), r.id.unlock())
	}
	return r.removeRecords(ctx)
}

// keepForResume keeps packed objects for the next fetch. Without any, it removes the records of the transfer.
func (r *relay) keepForResume(ctx context.Context) error {
	count, err := r.countObjects(ctx)
	if err == nil && count == 0 {
		if _, err = r.store.Empty(ctx, r.objects.Bucket, r.objects.Prefix+"/"); err == nil {
			return r.removeRecords(ctx)
		}
	}
	if err != nil {
		r.messages.sayf("Note: packed objects may remain at %s (%v). Run the same command again to resume.", r.objects, err)
	} else {
		r.messages.sayf("Packed objects remain at %s (%s). Run the same command again to resume.", r.objects, plural.Count(count, "object"))
	}
	return r.id.unlock()
}

func (r *relay) countObjects(ctx context.Context) (int, error) {
	count := 0
	for object, err := range r.store.List(ctx, r.objects.Bucket, r.objects.Prefix+"/") {
		if err != nil {
			return 0, err
		}
		if !s3relay.IsIndex(object.Key) {
			count++
		}
	}
	return count, nil
}

// abandon releases the id and leaves everything as it was.
func (r *relay) abandon() error {
	if !r.id.adopted {
		r.id.remove()
	}
	return r.id.unlock()
}

// removeRecords removes the local record of the transfer, and the annotation of the claim.
func (r *relay) removeRecords(ctx context.Context) error {
	r.id.remove()
	if !r.recorded {
		return nil
	}
	if err := claim.MarkVia(ctx, r.config.Client, r.location.claim, r.id.id, nil); err != nil {
		r.messages.sayf("Note: the record of the transfer through %s could not be removed from claim %s: %v", r.objects, r.location.claim.Name, err)
	}
	return nil
}
