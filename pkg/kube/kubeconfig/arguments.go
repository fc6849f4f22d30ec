package kubeconfig

import (
	"os"
	"strings"
)

// TakeList lets --kubeconfig accept a list of files, as $KUBECONFIG does: k9s passes
// such a list to its plugins with the flag. It must be called after the flags are parsed.
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
