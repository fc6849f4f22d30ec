// Package completion is `kubectl batch completion`: it has kubectl complete the words of
// this plugin.
package completion

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/tab"
)

const long = `
	Have Tab complete jobs, claims, namespaces, the values of flags, and the paths that an
	earlier fetch saw.

	A shell asks kubectl, and kubectl asks a program on the PATH whose name begins with
	kubectl_complete-. 'install' puts a link of that name beside this program, once. With
	the name of a shell, this prints how kubectl's own completion is turned on there, in
	lines that the shell itself can read. It takes kubectl 1.26 or newer.`

const example = `
	# Once on a machine
	kubectl batch completion install

	# What bash needs for it
	kubectl batch completion bash`

// NewCommand returns the completion command.
func NewCommand(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "completion [SHELL]",
		Short:   "Complete the words of this plugin with Tab",
		Long:    long,
		Example: example,
		Args:    cobra.MaximumNArgs(1),

		ValidArgsFunction: func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return tab.Values(names()...)(cmd, args, word)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			for _, one := range shells() {
				if one.name == strings.ToLower(args[0]) {
					return f.Answer(one.lines(f)...)
				}
			}
			return exit.Usagef("%q is no shell that kubectl completes: %s or install is expected", args[0], strings.Join(names(), ", "))
		},
	}
	cmd.AddCommand(newInstall(f))
	return cmd
}

// shell is one that kubectl completes.
type shell struct {
	name string
	// file is what it reads when it starts; needs, if not empty, is what must be there.
	file, needs string
	// on turns kubectl's own completion on.
	on string
}

func shells() []shell {
	return []shell{
		{"bash", "~/.bashrc", "the package bash-completion", "source <(kubectl completion bash)"},
		{"zsh", "~/.zshrc", "compinit before it", "source <(kubectl completion zsh)"},
		{"fish", "~/.config/fish/config.fish", "", "kubectl completion fish | source"},
		{"powershell", "$PROFILE", "", "kubectl completion powershell | Out-String | Invoke-Expression"},
	}
}

func names() (all []string) {
	for _, one := range shells() {
		all = append(all, one.name)
	}
	return all
}

// where says where the line belongs.
func (s shell) where() string {
	if s.needs == "" {
		return s.file
	}
	return s.file + ", with " + s.needs
}

// lines are for people, and for a shell that reads them as they are.
func (s shell) lines(f *factory.Factory) []string {
	return []string{
		"# Once, for the words of this plugin:", "#   " + f.Program.String() + " completion install",
		"# For kubectl itself, in " + s.where() + ":", s.on,
	}
}
