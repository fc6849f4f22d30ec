package fetch

import (
	"strings"

	"github.com/spf13/cobra"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/complete"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/results"
)

// completeFlags registers the completion of flag values.
func (o *Flags) completeFlags(f *factory.Factory, cmd *cobra.Command) {
	o.Select.Complete(cmd, complete.JobList(f, hasResults))
	complete.Flags(cmd, map[string]complete.Func{
		"compress":  complete.Values(compressions()...),
		"dir":       complete.Folders,
		"manifest":  complete.Files,
		"output":    complete.Values("json"),
		"progress":  complete.Values(progresses()...),
		"transport": complete.Values(transports()...),
		"links":     complete.Values(linkModes()...),
	})
}

// complete completes jobs with results and claims, and then the paths that earlier fetches have listed.
func (o *Flags) complete(f *factory.Factory) complete.Func {
	return func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		switch {
		case o.several():
			return nil, cobra.ShellCompDirectiveNoFileComp
		case len(args) == 0 && strings.Contains(word, "/") && isClaimKind(strings.Split(word, "/")[0]):
			return complete.Claims(cmd, f, word, "", hasVolume), cobra.ShellCompDirectiveNoFileComp
		case len(args) == 0:
			return complete.Jobs(cmd, f, word, hasResults), cobra.ShellCompDirectiveNoFileComp
		}
		var request results.Request
		if parseSource(f, args[0], &request) != nil || request.Stored.Bucket != "" {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return complete.Paths(cmd, f, complete.PathSource{Job: request.Job, Claim: request.Claim}, args[1:], word)
	}
}

func hasVolume(claim *corev1.PersistentVolumeClaim) bool {
	return claim.Status.Phase == corev1.ClaimBound
}

// hasResults reports whether a job writes to a claim.
func hasResults(candidate *batchv1.Job) bool { return len(claim.Written(candidate)) > 0 }
