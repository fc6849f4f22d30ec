package kubeconfig_test

import (
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/kubeconfig"
)

// Without a kubeconfig, the error names the file, and not kubectl's default server.
func TestNoKubeconfigIsNamed(t *testing.T) {
	file := t.TempDir() + "/nosuch"
	t.Setenv("KUBECONFIG", file)
	t.Setenv("KUBERNETES_SERVICE_HOST", "") // no cluster around this program either
	flags := kubeconfig.NewFlags(genericclioptions.NewConfigFlags(true), func() bool { return true })
	_, err := flags.Clientset()
	if err == nil || !strings.Contains(err.Error(), "no cluster in the kubeconfig ("+file+"); set KUBECONFIG, or use --kubeconfig") {
		t.Errorf("%v", err)
	}
}
