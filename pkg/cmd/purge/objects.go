package purge

import (
	"context"
	"slices"

	"github.com/kubectl-batch/kubectl-batch/pkg/cleanup"
)

// objects removes what broken-off fetches of the claims that went have in a bucket, with the
// credentials that the AWS CLI would use. It is best effort: only the claims knew of it.
func (o *Options) objects(ctx context.Context, plan *cleanup.Plan, went []cleanup.Object) {
	if o.dryRun != dryRunNone {
		return
	}
	objects := cleanup.Objects{Client: o.client, Now: o.factory.Clock.Now, Say: o.factory.Say, Open: cleanup.OwnStore}
	for _, claim := range plan.Claims {
		if slices.Contains(went, claim.Object) {
			objects.Gone(ctx, claim)
		}
	}
}
