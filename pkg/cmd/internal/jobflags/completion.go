package jobflags

import (
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/complete"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flagvalue"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
)

// completeFlags sets the completion of flag values.
func (o *Flags) completeFlags(f *factory.Factory, cmd *cobra.Command) {
	complete.Flags(cmd, map[string]complete.Func{
		"access-mode":       complete.Values("RWO\tone node", "RWX\tmany nodes", "RWOP\tone pod"),
		"arch":              complete.Values("amd64", "arm64"),
		"dir":               complete.Folders,
		"dry-run":           complete.Values(flagvalue.DryRuns()...),
		"env-file":          complete.Files,
		"gpu-resource":      complete.Values(string(spec.GPUResource), "amd.com/gpu", "gpu.intel.com/i915"),
		"image-pull-policy": complete.Values(string(corev1.PullAlways), string(corev1.PullIfNotPresent), string(corev1.PullNever)),
		"output":            complete.Values(o.Output.Print.AllowedFormats()...),
		"priority-class":    complete.PriorityClasses(f),
		"pvc":               complete.ClaimNames(f),
		"results":           resultsClaims(f),
		"script":            complete.Files,
		"service-account":   complete.ServiceAccounts(f),
		"shell":             complete.Values("sh", "bash"),
		"storage-class":     complete.StorageClasses(f),
		"template":          complete.Files,
	})
}

// resultsClaims completes pvc/NAME after its first letter. Any other value is a size.
func resultsClaims(f *factory.Factory) complete.Func {
	return func(cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		if !strings.HasPrefix(word, "p") {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		all := func(*corev1.PersistentVolumeClaim) bool { return true }
		return complete.Claims(cmd, f, word, "", all), cobra.ShellCompDirectiveNoFileComp
	}
}
