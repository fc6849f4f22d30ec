package completion

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/shellquote"
)

const installLong = `
	Create the program that kubectl runs to complete the arguments of this plugin.

	It is a symbolic link to the plugin, in the directory on the PATH where kubectl found
	the plugin. It stays valid when the plugin is upgraded. On Windows it is a copy of the
	plugin: delete it and run this command again after an upgrade. To disable completion,
	delete the link.`

const installExample = `
	# Enable completion for this plugin, once per machine
	kubectl batch completion install`

// Options is a request that can be carried out as it stands.
type Options struct {
	factory *factory.Factory
	// file is the program as it was called, link what is to lead to it; both are absolute.
	file, link string
}

func newInstall(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:         "install",
		Annotations: exit.Local(),
		Short:       "Create the program that kubectl runs to complete this plugin",
		Long:        installLong,
		Example:     installExample,
		Args:        cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			options, err := toOptions(f)
			if err != nil {
				return err
			}
			return options.Run()
		},
	}
}

// toOptions finds the program by the path that it was called with. It does not resolve
// links: they may lead to the store of a package manager, which is not on the PATH.
func toOptions(f *factory.Factory) (*Options, error) {
	called := f.Program.Called
	if !f.Program.Plugin() {
		return nil, fmt.Errorf("cannot install completion: this program was run as %q, and the name of a kubectl plugin begins with \"kubectl-\"; run \"%s completion install\"", called, f.Program)
	}
	if filepath.Base(called) == called {
		path, err := exec.LookPath(called)
		if err != nil {
			return nil, fmt.Errorf("finding the plugin file: %w", err)
		}
		called = path
	}
	file, err := filepath.Abs(called)
	if err != nil {
		return nil, fmt.Errorf("finding the plugin file: %w", err)
	}
	return &Options{factory: f, file: file, link: filepath.Join(filepath.Dir(file), f.Program.Completer())}, nil
}

// Run creates the link, and prints what else a shell needs.
func (o *Options) Run() error {
	_, err := os.Lstat(o.link)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := o.make(); err != nil {
			return errors.Join(append([]error{err}, o.elsewhere()...)...)
		}
		err = o.factory.Answer(o.link + " created")
	case err == nil && o.isInstalled():
		err = o.factory.Answer(o.link + " already exists")
	case err == nil:
		err = fmt.Errorf("%s already exists and is not a link to %s; delete it, then run this command again", o.link, filepath.Base(o.file))
	}
	if err == nil {
		o.hint()
	}
	return err
}

func (o *Options) windows() bool { return strings.HasSuffix(o.link, ".exe") }

// make creates the link. On Windows, few users may create a symbolic link.
func (o *Options) make() error {
	if !o.windows() {
		return os.Symlink(filepath.Base(o.file), o.link)
	}
	if os.Link(o.file, o.link) == nil {
		return nil
	}
	return copyFile(o.link, o.file)
}

// isInstalled reports whether the link exists already and is correct.
func (o *Options) isInstalled() bool {
	if o.windows() {
		return sameFile(o.link, o.file)
	}
	target, err := os.Readlink(o.link)
	if err == nil && !filepath.IsAbs(target) {
		target = filepath.Join(filepath.Dir(o.link), target)
	}
	return err == nil && filepath.Clean(target) == o.file
}

// byHand is the line that makes the link.
func (o *Options) byHand() string {
	if o.windows() {
		return fmt.Sprintf(`copy "%s" "%s"`, o.file, o.link)
	}
	return "sudo ln -s " + shellquote.Quote(filepath.Base(o.file)) + " " + shellquote.Quote(o.link)
}

// elsewhere returns the commands for a user who may not write to the directory of the program.
func (o *Options) elsewhere() []error {
	lines := []error{errors.New("as a user with write access to this directory, run"), errors.New("  " + o.byHand())}
	if o.windows() {
		return lines
	}
	return append(lines,
		errors.New("or create the link in a directory of your own that is on the PATH"),
		errors.New("  ln -s "+shellquote.Quote(o.file)+" DIRECTORY/"+filepath.Base(o.link)))
}

// hint prints the remaining steps for the user's shell.
func (o *Options) hint() {
	path, _ := o.factory.LookupEnv("PATH")
	if dir := filepath.Dir(o.link); !slices.ContainsFunc(filepath.SplitList(path), func(directory string) bool { return filepath.Clean(directory) == dir }) {
		o.factory.Say("Note: " + dir + " is not on the PATH, so kubectl finds neither the plugin nor the link")
	}
	name, _ := o.factory.LookupEnv("SHELL")
	if name = filepath.Base(name); o.windows() {
		name = "powershell"
	}
	for _, shell := range shells() {
		if shell.name == name {
			o.factory.SayLines("Completion of kubectl must be enabled, in "+shell.fileAndNeeds()+":", "  "+shell.on)
			return
		}
	}
	o.factory.Say(fmt.Sprintf("Completion of kubectl must be enabled; for instructions, run \"%s completion SHELL\", where SHELL is one of %s", o.factory.Program, strings.Join(names(), ", ")))
}
