package jobflags

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
)

// parseCommand sets what the container runs.
func (o *containerFlags) parseCommand(p *parser) error {
	c := &p.job.Spec.Container
	if err := o.checkCommand(p.arguments); err != nil {
		return err
	}
	switch {
	case o.Script != "":
		return o.parseScript(p)
	case len(o.Cmd) > 0:
		c.Command = spec.Shell(o.shell(), o.Cmd)
	case o.Args:
		c.Args = p.arguments.Command
	case p.arguments.HasCommand:
		c.Command = p.arguments.Command
	}
	return nil
}

// checkCommand returns an error if the flags set several commands, or none.
func (o *containerFlags) checkCommand(arguments Arguments) error {
	switch {
	case arguments.HasCommand && len(arguments.Command) == 0:
		return errors.New("missing command after --")
	case len(o.Cmd) > 0 && o.Script != "":
		return errors.New("--cmd and --script are mutually exclusive")
	case len(o.Cmd) > 0 && arguments.HasCommand:
		return errors.New("--cmd and a command after -- are mutually exclusive")
	case o.Args && o.Script != "":
		return errors.New("--args and --script are mutually exclusive: the arguments after -- are passed to the script")
	case o.Args && !arguments.HasCommand:
		return errors.New("--args requires arguments after --, such as --args -- --epochs 10")
	}
	if err := o.checkShell(); err != nil {
		return err
	}
	return o.checkLines()
}

func (o *containerFlags) checkShell() error {
	switch {
	case o.Shell != "" && len(o.Cmd) == 0 && o.Script == "":
		return errors.New("--shell requires --cmd or --script")
	case strings.ContainsAny(o.Shell, " \t\n"):
		return fmt.Errorf("invalid value %q for --shell: must be the name of one program, such as bash", o.Shell)
	}
	return nil
}

func (o *containerFlags) checkLines() error {
	for _, line := range o.Cmd {
		backslashes := len(line) - len(strings.TrimRight(line, `\`))
		switch {
		case strings.TrimSpace(line) == "":
			return fmt.Errorf("invalid value %q for --cmd: must not be empty", line)
		case backslashes%2 == 1:
			return fmt.Errorf("invalid value %q for --cmd: ends with a backslash, but the next --cmd is a separate command; put all lines of a command into one --cmd", line)
		case strings.ContainsRune(line, 0):
			return fmt.Errorf("invalid value %q for --cmd: must not contain a NUL byte", line)
		}
		if err := checkComplete(o.shell(), line); err != nil {
			return fmt.Errorf("invalid value %q for --cmd: incomplete command (%w); put all lines of a command into one --cmd, with line breaks", line, err)
		}
	}
	return nil
}

func (o *containerFlags) shell() string {
	if o.Shell == "" {
		return "sh"
	}
	return o.Shell
}

func (o *containerFlags) parseScript(p *parser) error {
	data, err := p.readFile(o.Script, spec.MostBytes)
	if err != nil {
		return fmt.Errorf("--script=%s: %w", o.Script, err)
	}
	if len(data) == 0 {
		return fmt.Errorf("--script=%s: the file is empty", o.Script)
	}
	file := o.Script
	if file == "-" {
		file = "script"
	}
	script, err := spec.NewScript(file, data)
	if err != nil {
		return fmt.Errorf("--script=%s: %w", o.Script, err)
	}
	firstLine, _, _ := bytes.Cut(data, []byte("\n"))
	switch hasInterpreter := bytes.HasPrefix(firstLine, []byte("#!")); {
	case hasInterpreter && bytes.HasSuffix(firstLine, []byte("\r")):
		return fmt.Errorf("--script=%s: the lines end with CRLF, so Linux cannot find the interpreter in the #! line; convert the file with dos2unix", o.Script)
	case hasInterpreter && o.Shell != "":
		return fmt.Errorf("--shell cannot be used with --script=%s: its #! line names the interpreter", o.Script)
	}
	p.note(describeDirectives(p.factory.Program, o.Script, data)...)
	p.job.Spec.Storage.Script = script
	p.job.Spec.Container.Command = script.Command(o.shell())
	p.job.Spec.Container.Args = p.arguments.Command
	return nil
}
