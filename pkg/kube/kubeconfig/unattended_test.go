//go:build linux

package kubeconfig_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/kubeconfig"
	"github.com/kubectl-batch/kubectl-batch/test/terminal"
)

// With Unattended, credentials are never requested on the terminal,
// even if there is one.
func TestUnattended(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config")
	text := `{"apiVersion": "v1", "kind": "Config", "current-context": "c", "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
		"users": [{"name": "u", "user": {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "false", "interactiveMode": "Always"}}}],
		"contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}]}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	stdin := os.Stdin
	t.Cleanup(func() { os.Stdin = stdin })
	os.Stdin = terminal.Open(t.Fatalf, t.Cleanup).Program
	for unattended, want := range map[bool]string{true: "standard input is unavailable", false: "executable false failed"} {
		flags := genericclioptions.NewConfigFlags(false)
		flags.KubeConfig = &path
		getter := kubeconfig.NewFlags(flags, func() bool { return true })
		if unattended {
			getter.Unattended()
		}
		clients, err := getter.Clientset()
		if err == nil {
			_, err = clients.CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{})
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("unattended %v: %v; want %s", unattended, err, want)
		}
		if server, err := getter.Server(); err != nil || server != "https://127.0.0.1:1" {
			t.Error(server, err)
		}
		if config, err := getter.Kubeconfig(); err != nil || len(config.Contexts) != 1 {
			t.Error(config, err)
		}
	}
}
