package purge

import (
	"strings"

	"github.com/spf13/cobra"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/tab"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
)

// claimPrefix begins the name of a claim.
const claimPrefix = "pvc/"

// complete offers the jobs that are finished and, with --volumes, the claims of results
// whose job is gone.
func (o *Flags) complete(f *factory.Factory) tab.Func {
	return func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		jobs, there := word, map[string]bool{}
		claims := strings.HasPrefix(word, claimPrefix)
		if claims {
			jobs = "" // what is there must be known all the same
		}
		words := tab.Jobs(cmd, f, jobs, func(one *batchv1.Job) bool {
			there[one.Name] = true
			return !claims && job.End(one) != nil && one.DeletionTimestamp == nil
		})
		if o.Volumes {
			words = append(words, tab.Claims(cmd, f, word, owner.Select(owner.ResultsComponent), func(claim *corev1.PersistentVolumeClaim) bool {
				return claim.DeletionTimestamp == nil && !there[owner.JobOf(claim)]
			})...)
		}
		return tab.Without(words, args), cobra.ShellCompDirectiveNoFileComp
	}
}
