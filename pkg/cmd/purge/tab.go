package purge

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/complete"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// claimPrefix begins the name of a claim.
const claimPrefix = "pvc/"

// complete offers finished jobs and, with --volumes, results claims
// whose job no longer exists.
func (o *Flags) complete(f *factory.Factory) complete.Func {
	return complete.Unless(func() bool { return o.keepIsSet() || o.Select.Typed() }, func(cmd *cobra.Command, args []string, word string) (words []string, _ cobra.ShellCompDirective) {
		if !strings.HasPrefix(word, claimPrefix) {
			words = complete.Jobs(cmd, f, word, finished)
		}
		if o.Volumes && (strings.HasPrefix(word, claimPrefix) || strings.HasPrefix(claimPrefix, word)) {
			words = append(words, orphans(cmd, f, word)...)
		}
		return complete.Without(words, args), cobra.ShellCompDirectiveNoFileComp
	})
}

// finished reports whether a job can be deleted.
func finished(object *batchv1.Job) bool {
	return job.End(object) != nil && object.DeletionTimestamp == nil
}

// orphans returns the claims whose job no longer exists; none if the existing jobs are not known.
func orphans(cmd *cobra.Command, f *factory.Factory, word string) []string {
	jobs, ok := complete.JobNames(cmd, f)
	if !ok {
		return nil
	}
	return complete.Claims(cmd, f, word, provenance.Select(provenance.ResultsComponent), func(claim *corev1.PersistentVolumeClaim) bool {
		return claim.DeletionTimestamp == nil && provenance.MadeResults(claim) && !slices.Contains(jobs, provenance.JobOf(claim))
	})
}
