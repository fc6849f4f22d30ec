package cmd

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/klog/v2"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flaghelp"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/kubeconfig"
	"github.com/kubectl-batch/kubectl-batch/pkg/ui"
)

// addGlobal gives root kubectl's own global flags, and --pause.
func addGlobal(root *cobra.Command, config *genericclioptions.ConfigFlags, getter *kubeconfig.Flags) {
	config.AddFlags(root.PersistentFlags())
	addVerbosity(root)
	root.PersistentFlags().Bool("pause", false, "Wait for the Enter key before the command ends, for programs such as k9s that clear the screen after a command")
	// The reference must not contain the home directory of its author.
	if flag := root.PersistentFlags().Lookup("cache-dir"); flag != nil {
		flag.DefValue = "$HOME/.kube/cache"
	}
	for name, value := range map[string]string{
		"as": "USER", "as-user-extra": "KEY=VALUE", "certificate-authority": "FILE", "client-certificate": "FILE", "client-key": "FILE", "kubeconfig": "FILE", "v": "LEVEL",
	} {
		if flag := root.PersistentFlags().Lookup(name); flag != nil {
			flaghelp.SetValue(flag, value)
		}
	}
	root.PersistentPreRun = func(cmd *cobra.Command, _ []string) {
		klog.LogToStderr(cmd.Flags().Changed("v"))
		getter.TakeList()
	}
}

// addVerbosity gives -v the same meaning as in kubectl. Without it, the libraries' log
// is silent: the verbs print the messages for users.
func addVerbosity(root *cobra.Command) {
	flags := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(flags)
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	_ = flags.Set("stderrthreshold", "FATAL") // else errors would go there all the same
	root.PersistentFlags().AddFlag(pflag.PFlagFromGoFlag(flags.Lookup("v")))
	root.PersistentFlags().Lookup("v").Usage = "Number for the log level verbosity"
}

// pause waits for Enter if --pause is set and input is a terminal. It does nothing while a shell
// completes a command line that contains --pause.
func pause(streams genericiooptions.IOStreams, called *cobra.Command) {
	pauses, err := called.Flags().GetBool("pause")
	if err != nil || !pauses || slices.Contains(requests(), called.CalledAs()) || !ui.IsTerminal(streams.In) {
		return
	}
	_, _ = fmt.Fprint(streams.ErrOut, "\nPress Enter to return.")
	_, _ = bufio.NewReader(streams.In).ReadString('\n')
}
