//go:build linux

package cmd

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-batch/kubectl-batch/test/terminal"
)

// --pause in a command line that a shell completes has no effect.
func TestTabDoesNotPause(t *testing.T) {
	writeKubeconfig(t)
	open := terminal.Open(t.Fatalf, t.Cleanup)
	for _, line := range [][]string{{"kubectl_complete-batch", "fetch", "--pause", "--transport", "tu"}, {"kubectl-batch", "__complete", "--pause", "fetch", "--transport", "tu"}} {
		streams, _, out, errOut := genericiooptions.NewTestIOStreams()
		streams.In = open.Program
		if Main(t.Context(), streams, line); out.String() != "tunnel\n:4\n" || strings.Contains(errOut.String(), "Enter") {
			t.Errorf("%v: %s%s", line, out, errOut)
		}
	}
}

// Credential plugins are told that they must not ask the user: the terminal shows the command line
// that is being typed.
func TestTabLeavesTheTerminalAlone(t *testing.T) {
	stdin := os.Stdin
	t.Cleanup(func() { os.Stdin = stdin })
	os.Stdin = terminal.Open(t.Fatalf, t.Cleanup).Program
	dir := t.TempDir()
	config, record := filepath.Join(dir, "config"), filepath.Join(dir, "asked")
	text := fmt.Sprintf(`{"apiVersion": "v1", "kind": "Config", "current-context": "c", "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
		"users": [{"name": "u", "user": {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "IfAvailable",
			"command": "sh", "args": ["-c", "echo $KUBERNETES_EXEC_INFO >%s; exit 1"]}}}],
		"contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}]}`, record)
	check(t, os.WriteFile(config, []byte(text), 0o600))
	t.Setenv("KUBECONFIG", config)
	for _, words := range [][]string{{"kubectl_complete-batch", "logs", ""}, {"kubectl-batch", "__complete", "logs", ""}, {"kubectl-batch", "__completeNoDesc", "logs", ""}} {
		equal(t, called(t, words[0], words[1:]...).Stdout, ":4\n")
		recorded, err := os.ReadFile(record)
		check(t, err, os.Remove(record))
		if !strings.Contains(string(recorded), `"interactive":false`) {
			t.Errorf("%v: %s", words, recorded)
		}
	}
	called(t, "kubectl-batch", "logs", "x")
	recorded, err := os.ReadFile(record)
	check(t, err)
	if !strings.Contains(string(recorded), `"interactive":true`) {
		t.Errorf("the command is not recorded as interactive: %s", recorded)
	}
}
