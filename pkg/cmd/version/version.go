// Package version is `kubectl batch version`.
package version

import (
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/factory"
)

// NewCommand returns the version command. It asks no cluster.
func NewCommand(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of this plugin",
		Long:  "Print the version of this plugin, the commit it was built from, and the Go it was built with.",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return f.Answer(Version()) },
	}
}

// Version returns the version as the Go toolchain recorded it: the module's
// version for an installed release, the commit for a build from a checkout.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	words := []string{"kubectl-batch", info.Main.Version}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			words = append(words, setting.Value)
		}
	}
	return strings.Join(append(words, info.GoVersion, runtime.GOOS+"/"+runtime.GOARCH), " ")
}
