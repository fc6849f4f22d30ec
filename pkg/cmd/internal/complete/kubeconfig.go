package complete

import (
	"maps"
	"slices"

	"github.com/spf13/cobra"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
)

// Global sets the completion of kubectl's global flags, which root must have.
func Global(root *cobra.Command, f *factory.Factory) {
	Flags(root, map[string]Func{
		"namespace":             Namespaces(f),
		"context":               kubeconfig(f, contexts),
		"cluster":               kubeconfig(f, clusters),
		"user":                  kubeconfig(f, users),
		"kubeconfig":            Files,
		"certificate-authority": Files,
		"client-certificate":    Files,
		"client-key":            Files,
		"cache-dir":             Folders,
	})
}

// kubeconfig offers names that the kubeconfig files hold.
func kubeconfig(f *factory.Factory, names func(*clientcmdapi.Config) []string) Func {
	return func(cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		Ready(cmd)
		config, err := f.Client.Kubeconfig()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		words := names(&config)
		slices.Sort(words)
		return beginning(words, word), cobra.ShellCompDirectiveNoFileComp
	}
}

func contexts(config *clientcmdapi.Config) (words []string) {
	for name, context := range config.Contexts {
		words = append(words, described(name, context.Namespace))
	}
	return words
}

func clusters(config *clientcmdapi.Config) []string {
	return slices.Collect(maps.Keys(config.Clusters))
}

func users(config *clientcmdapi.Config) []string { return slices.Collect(maps.Keys(config.AuthInfos)) }
