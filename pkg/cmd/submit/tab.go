package submit

import (
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/tab"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
)

// completeFlags says what completes the flags that run and rerun share.
func (o *Flags) completeFlags(f *factory.Factory, cmd *cobra.Command) {
	tab.Flags(cmd, map[string]tab.Func{
		"access-mode":       tab.Values("RWO\tone node", "RWX\tmany nodes", "RWOP\tone pod"),
		"arch":              tab.Values("amd64", "arm64"),
		"dir":               tab.Folders,
		"dry-run":           tab.Values(string(dryRunNone), string(dryRunClient), string(dryRunServer)),
		"env-file":          tab.Files,
		"gpu-resource":      tab.Values(string(spec.GPUResource), "amd.com/gpu", "gpu.intel.com/i915"),
		"image-pull-policy": tab.Values(string(corev1.PullAlways), string(corev1.PullIfNotPresent), string(corev1.PullNever)),
		"output":            tab.Values(o.Output.Print.AllowedFormats()...),
		"priority-class":    tab.PriorityClasses(f),
		"pvc":               tab.ClaimNames(f),
		"results":           resultsClaims(f),
		"script":            tab.Files,
		"service-account":   tab.ServiceAccounts(f),
		"shell":             tab.Values("sh", "bash"),
		"storage-class":     tab.StorageClasses(f),
		"template":          tab.Files,
	})
}

// Complete says what completes the flags of what run begins with.
func (*baseFlags) Complete(f *factory.Factory, cmd *cobra.Command) {
	tab.Flags(cmd, map[string]tab.Func{"filename": tab.Manifests, "from": tab.CronJobs(f)})
}

// resultsClaims offers pvc/NAME once that is begun: else a size is typed.
func resultsClaims(f *factory.Factory) tab.Func {
	return func(cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		if !strings.HasPrefix(word, "p") {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		all := func(*corev1.PersistentVolumeClaim) bool { return true }
		return tab.Claims(cmd, f, word, "", all), cobra.ShellCompDirectiveNoFileComp
	}
}
