// Package version is `kubectl batch version`.
package version

import (
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/program"
)

// release and commit are what a release was built as. They are empty in every other
// build.
var release, commit string //nolint:gochecknoglobals // the linker's -X sets variables and nothing else

// NewCommand returns the version command. It does not contact the cluster.
func NewCommand(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:         "version",
		Annotations: exit.Local(),
		Short:       "Print the version of this plugin",
		Long: "Print the version of this plugin, its commit, the version of Go that built it, and its platform; and the image of helper pods, which\n" +
			"$" + factory.HelperImageVariable + " sets.",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return f.Answer(Version(), "helper image: "+f.HelperImage())
		},
	}
}

// Version returns the version of the release. In other builds, it is the version
// that the Go toolchain recorded: the module's version after `go install`,
// and the commit in a checkout.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return program.Describe(info, release, commit)
}
