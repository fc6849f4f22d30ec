package submit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
)

// parseCommand decides what the container runs.
func (o *containerFlags) parseCommand(r *Request) error {
	c := &r.spec.Container
	if err := o.oneCommand(r.typed); err != nil {
		return err
	}
	switch {
	case o.Script != "":
		return o.parseScript(r)
	case len(o.Cmd) > 0:
		c.Command = spec.Shell(o.shell(), o.Cmd)
	case o.Args:
		c.Args = r.typed.Command
	case r.typed.Dash:
		c.Command = r.typed.Command
	}
	return nil
}

// oneCommand refuses what says more than one thing, or nothing.
func (o *containerFlags) oneCommand(typed Typed) error {
	switch {
	case typed.Dash && len(typed.Command) == 0:
		return errors.New("missing command after --")
	case len(o.Cmd) > 0 && o.Script != "":
		return errors.New("--cmd and --script are mutually exclusive")
	case len(o.Cmd) > 0 && typed.Dash:
		return errors.New("--cmd and a command after -- are mutually exclusive")
	case o.Args && o.Script != "":
		return errors.New("--args and --script are mutually exclusive: the arguments after -- are passed to the script")
	case o.Args && !typed.Dash:
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

func (o *containerFlags) parseScript(r *Request) error {
	data, err := r.read(o.Script, spec.MostBytes)
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
	first, _, _ := bytes.Cut(data, []byte("\n"))
	switch named := bytes.HasPrefix(first, []byte("#!")); {
	case named && bytes.HasSuffix(first, []byte("\r")):
		return fmt.Errorf("--script=%s: the lines end with CRLF, so Linux cannot find the interpreter in the #! line; convert the file with dos2unix", o.Script)
	case named && o.Shell != "":
		return fmt.Errorf("--shell cannot be used with --script=%s: its #! line names the interpreter", o.Script)
	}
	r.notes = append(r.notes, directives(r.factory.Program, o.Script, data)...)
	r.spec.Storage.Script = script
	r.spec.Container.Command, r.spec.Container.Args = script.Command(o.shell()), r.typed.Command
	return nil
}

// read returns the content of a local file, or of stdin for -. It reads no more
// than is needed to see that it is too large.
func (r *Request) read(name string, most int) ([]byte, error) {
	in := r.factory.Streams.In
	if name == "-" {
		if r.stdin {
			return nil, errors.New("another flag already reads stdin")
		}
		r.stdin = true
	} else {
		file, err := os.Open(name)
		if err != nil {
			return nil, reasonOf(err)
		}
		defer func() { _ = file.Close() }() // it is only read
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(in, int64(most)+1))
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // editors of Windows begin a file with it
	if len(data) > most {
		return nil, tooLarge(most)
	}
	return data, reasonOf(err)
}

// mostManifest is more than the API server takes of all objects of a manifest.
const mostManifest = 16 << 20

// tooLarge says that a file is larger than what it becomes in the cluster can be.
func tooLarge(most int) error {
	if most == spec.MostBytes {
		return errors.New("file is larger than 1 MiB, the limit of a ConfigMap or Secret; put it into the image, or on a volume (--pvc)")
	}
	return fmt.Errorf("file is larger than %d MiB", most>>20)
}

// reasonOf leaves the name out of what the system says: the flag has it.
func reasonOf(err error) error {
	if failed, ok := errors.AsType[*os.PathError](err); ok {
		return failed.Err
	}
	return err
}
