// Package completion implements `kubectl batch completion`, which enables completion of
// this plugin in kubectl.
package completion

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/complete"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
)

const long = `
	Enable shell completion for this plugin.

	Completion offers job names, claims, namespaces, flag values, and the paths that an
	earlier fetch listed. It requires kubectl 1.26 or newer.

	To complete a plugin, kubectl runs a program on the PATH whose name begins with
	kubectl_complete-. "kubectl batch completion install" creates this program, once per
	machine. "kubectl batch completion SHELL" prints how to enable completion of kubectl
	itself in SHELL, which is bash, zsh, fish or powershell.`

const example = `
	# Enable completion for this plugin, once per machine
	kubectl batch completion install

	# Print the lines that enable completion of kubectl in bash
	kubectl batch completion bash`

// NewCommand returns the completion command.
func NewCommand(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:         "completion [SHELL]",
		Annotations: exit.Local(),
		Short:       "Enable shell completion for this plugin",
		Long:        long,
		Example:     example,
		Args:        cobra.MaximumNArgs(1),

		ValidArgsFunction: func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return complete.Values(names()...)(cmd, args, word)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			for _, shell := range shells() {
				if shell.name == strings.ToLower(args[0]) {
					return f.Answer(shell.lines(f)...)
				}
			}
			return exit.Usagef("invalid argument %q: must be %s or install", args[0], strings.Join(names(), ", "))
		},
	}
	cmd.AddCommand(newInstall(f))
	return cmd
}

// shell is one that kubectl completes.
type shell struct {
	name string
	// file is the start-up file of the shell; needs, if not "", is a package that must be installed.
	file, needs string
	// on turns kubectl's own completion on.
	on string
}

func shells() []shell {
	return []shell{
		{"bash", "~/.bashrc", "the package bash-completion", "source <(kubectl completion bash)"},
		{"zsh", "~/.zshrc", "compinit before this line", "source <(kubectl completion zsh)"},
		{"fish", "~/.config/fish/config.fish", "", "kubectl completion fish | source"},
		{"powershell", "$PROFILE", "", "kubectl completion powershell | Out-String | Invoke-Expression"},
	}
}

func names() (result []string) {
	for _, shell := range shells() {
		result = append(result, shell.name)
	}
	return result
}

// fileAndNeeds returns the file that the line belongs in, and the requirements.
func (s shell) fileAndNeeds() string {
	if s.needs == "" {
		return s.file
	}
	return s.file + " (requires " + s.needs + ")"
}

// lines are for people, and can also be sourced by the shell.
func (s shell) lines(f *factory.Factory) []string {
	return []string{
		"# For this plugin, once per machine:", "#   " + f.Program.String() + " completion install",
		"# For kubectl, in " + s.fileAndNeeds() + ":", s.on,
	}
}
