package kubeconfig

import (
	"fmt"
	"strings"

	"k8s.io/client-go/rest"
)

// defaultHost is the server that kubectl uses if neither a kubeconfig nor a flag names one.
const defaultHost = "localhost:8080"

// checkKubeconfig returns an error if nothing names a server.
func (f *Flags) checkKubeconfig(config *rest.Config) error {
	raw, err := f.Kubeconfig()
	if err != nil || len(raw.Clusters) > 0 || strings.TrimPrefix(config.Host, "http://") != defaultHost {
		return nil //nolint:nilerr // ToRESTConfig has read the same files
	}
	if server := f.config.APIServer; server != nil && *server != "" {
		return nil
	}
	return fmt.Errorf("no cluster in the kubeconfig (%s); set KUBECONFIG, or use --kubeconfig", f.files())
}

// files names the kubeconfig files that are read.
func (f *Flags) files() string {
	access := f.config.ToRawKubeConfigLoader().ConfigAccess()
	if access.IsExplicitFile() {
		return access.GetExplicitFile()
	}
	return strings.Join(access.GetLoadingPrecedence(), ", ")
}

// Source returns the origin of the server and the credentials: context "lab" of FILE.
func (f *Flags) Source() string {
	raw, err := f.Kubeconfig()
	if err != nil {
		return "the kubeconfig"
	}
	name := raw.CurrentContext
	if typed := f.config.Context; typed != nil && *typed != "" {
		name = *typed
	}
	context, ok := raw.Contexts[name]
	if !ok {
		return "the kubeconfig " + f.files()
	}
	return fmt.Sprintf("context %q of %s", name, context.LocationOfOrigin)
}
