package kubeconfig

import (
	"os"
	"strings"
)

// TakeList has --kubeconfig take a list of files, too, as $KUBECONFIG does: k9s knows only
// one word for both, and gives that to its plugins. It comes once the flags are parsed.
func (f *Flags) TakeList() {
	typed := f.config.KubeConfig
	if typed == nil || !strings.ContainsRune(*typed, os.PathListSeparator) {
		return
	}
	if _, err := os.Stat(*typed); err != nil && os.Setenv("KUBECONFIG", *typed) == nil {
		f.list, *typed = *typed, ""
	}
}

// Arguments returns the flags that chose this cluster and namespace.
func (f *Flags) Arguments() []string {
	var typed []string
	for _, flag := range []struct {
		name  string
		value *string
	}{
		{"--kubeconfig", &f.list},
		{"--kubeconfig", f.config.KubeConfig},
		{"--context", f.config.Context},
		{"--cluster", f.config.ClusterName},
		{"--user", f.config.AuthInfoName},
		{"--server", f.config.APIServer},
		{"--as", f.config.Impersonate},
		{"-n", f.config.Namespace},
	} {
		if flag.value != nil && *flag.value != "" {
			typed = append(typed, flag.name, *flag.value)
		}
	}
	return typed
}
