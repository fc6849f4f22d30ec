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

// words returns the command line in the form that cobra expects. To complete the command line of a
// plugin, kubectl runs a program with the words after the plugin's name; the last one is to be completed.
func words(called program.Program, typed []string) []string {
	if !called.Completing() {
		return typed
	}
	if len(typed) == 0 {
		typed = []string{""}
	}
	return slices.Concat(requests()[:1], typed)
}

// completeGlobal sets the completion of the global flags, which root must have. Completion never
// asks for credentials.
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
