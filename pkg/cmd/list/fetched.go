package list

import (
	"context"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/plural"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/purge"
	"github.com/kubectl-batch/kubectl-batch/pkg/ui"
)

// claims returns the results claims that run created. Errors are ignored: a user who may not list claims sees
// only jobs.
func (o *Options) claims(ctx context.Context) []purge.Claim {
	claims, err := purge.ResultsClaims(ctx, o.client, o.namespace)
	if err != nil {
		return nil
	}
	return claims
}

// viewer tells whether results were fetched, from the point of view of the user.
type viewer struct {
	ctx     context.Context
	options *Options
	// name is that user, once it was queried: only a fetch of results without an owner depends on it.
	name *string
	// others are the objects that only other users fetched, and why that does not count; all is how many.
	others []string
	count  int
}

// word returns the text in the table for record, the record of name.
func (v *viewer) word(name string, record claim.Record) string {
	viewer := claim.Viewer{}
	if record.Owner == "" && record.Fetch != nil {
		viewer.Name = v.identity()
	}
	if cause := record.ForeignFetchReason(viewer); cause != "" {
		if v.count++; v.count <= explainLimit {
			v.others = append(v.others, name+": "+cause)
		}
	}
	return record.Word(viewer)
}

// identity returns the user's name; "" if the cluster does not name users, who then have fetched nothing.
func (v *viewer) identity() string {
	if v.name == nil {
		me, _ := provenance.Whoami(v.ctx, v.options.client)
		v.name = &me.Name
	}
	return *v.name
}

// shown returns a name, with its namespace if there can be several.
func (o *Options) shown(namespace, name string) string {
	if o.selection.Everywhere {
		return namespace + "/" + name
	}
	return name
}

func (v *viewer) ofClaim(claim *purge.Claim) string {
	return v.word("claim "+v.options.shown(claim.Namespace, claim.Name), claim.Record)
}

// explain prints, on stderr, which fetches do not count, and why.
func (v *viewer) explain() {
	for _, text := range v.others {
		v.options.factory.Say(text + " in purge")
	}
	if omitted := v.count - len(v.others); omitted > 0 {
		v.options.factory.Say(fmt.Sprintf("... and %d more %s fetched only by other users", omitted, plural.Choose(omitted, "was", "were")))
	}
}

// fetched returns the cell of a job. It needs the claims, because only the claim shows that it was never mounted.
func fetched(claims []purge.Claim, viewer *viewer) func(*batchv1.Job) string {
	unused := map[[2]string]bool{}
	for _, pvc := range claims {
		unused[[2]string{pvc.Namespace, pvc.Name}] = pvc.Record.Unused
	}
	return func(j *batchv1.Job) string {
		written := claim.Written(j)
		if len(written) == 0 {
			return ui.None
		}
		record := claim.RecordOfJob(j)
		record.Unused = len(written) == 1 && unused[[2]string{j.Namespace, written[0]}] && job.End(j) != nil
		return viewer.word("job "+viewer.options.selection.Named(j), record)
	}
}
