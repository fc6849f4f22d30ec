package purge

import (
	"context"
	"slices"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flagvalue"
	"github.com/kubectl-batch/kubectl-batch/pkg/purge"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
)

// objects deletes what interrupted fetches of the deleted claims left in a bucket, with the
// credentials that the AWS CLI would use. It is best effort: only the claims recorded these objects.
func (o *Options) objects(ctx context.Context, plan *purge.Plan, removed []purge.Object) {
	if o.dryRun != flagvalue.DryRunNone {
		return
	}
	var claims []purge.Claim
	for _, claim := range plan.Claims {
		if slices.Contains(removed, claim.Object) {
			claims = append(claims, claim)
		}
	}
	purge.Objects{
		Client: o.client, Now: o.factory.ServerClock().Now, Say: o.factory.Say,
		Store:   func(ctx context.Context) (*s3.Store, error) { return s3.Configure(ctx, s3.Options{}) },
		Buckets: o.factory.OwnBuckets,
	}.Gone(ctx, claims)
}
