package cmd

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/complete"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/program"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/kubeconfig"
)

// requests are the commands by which shells ask cobra what completes a line.
func requests() []string {
	return []string{cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd}
}

// words is the command line as cobra takes it. kubectl calls what completes the line of a
// plugin with the words behind the plugin's name, of which the last is the one to complete.
func words(called program.Program, typed []string) []string {
	if !called.Completing() {
		return typed
	}
	if len(typed) == 0 {
		typed = []string{""}
	}
	return slices.Concat(requests()[:1], typed)
}

// completeGlobal says what completes the global flags, which root has by now. Nobody is asked
// for credentials by a Tab.
func completeGlobal(root *cobra.Command, f *factory.Factory, getter *kubeconfig.Flags) {
	complete.Global(root, f)
	ready := root.PersistentPreRun
	root.PersistentPreRun = func(cmd *cobra.Command, args []string) {
		if slices.Contains(requests(), cmd.CalledAs()) {
			getter.Unattended()
		}
		ready(cmd, args)
	}
}
