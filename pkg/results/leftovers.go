package results

import (
	"cmp"
	"context"

	"github.com/kubectl-batch/kubectl-batch/pkg/purge"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
)

// leftovers are objects of other, interrupted fetches of a claim. They are deleted when the result has been printed.
type leftovers struct {
	location *resultsLocation
	messages messages
	// to is the destination of this fetch, if it is in a bucket.
	to s3.Location
	// except are the ids of this fetch.
	except []string
}

// leftovers returns what may have to be deleted for the claim of f, which has its own objects.
func (f *jobFetch) leftovers() leftovers {
	to := f.destination.to
	l := leftovers{location: f.location, messages: f.messages, to: to}
	if to.Bucket != "" {
		l.except = append(l.except, uploadID(to, f.store))
	} else {
		l.except = append(l.except, "")
	}
	if f.relay != nil {
		l.except = append(l.except, f.relay.id.id)
	}
	return l
}

// deleteLeftovers deletes objects of interrupted fetches. It has one time limit for all claims.
func (s *session) deleteLeftovers(ctx context.Context, all []leftovers) {
	ctx, cancel := context.WithTimeout(ctx, purge.Tidying)
	defer cancel()
	for _, l := range all {
		bucket := s.request.Bucket
		purge.Objects{
			Client: s.config.Client, Now: s.config.ServerClock.Now, Say: l.messages.say, Dead: s.ids.hasEnded, Removed: s.ids.removeEnded,
			Through: cmp.Or(bucket.Via.Bucket, l.to.Bucket),
			Store: func(ctx context.Context) (*s3.Store, error) {
				if s.store != nil {
					return s.store, nil
				}
				return s3.Configure(ctx, bucket.Store)
			},
			Buckets: func(endpoint string) []string {
				return append(s.config.OwnBuckets(endpoint), bucket.Via.Bucket, l.to.Bucket)
			},
		}.Sweep(ctx, l.location.claim, l.except...)
	}
}
