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
		return errors.New("-- is there, but no command behind it")
	case len(o.Cmd) > 0 && o.Script != "":
		return errors.New("--cmd and --script exclude each other: a script holds as many lines as it needs")
	case len(o.Cmd) > 0 && typed.Dash:
		return fmt.Errorf("--cmd=%q and what follows -- exclude each other: both say what to run", o.Cmd[0])
	case o.Args && o.Script != "":
		return errors.New("--args and --script exclude each other: what follows -- are the script's arguments")
	case o.Args && !typed.Dash:
		return errors.New("--args is there, but no arguments: they follow --, as in --args -- --epochs 10")
	}
	if err := o.checkShell(); err != nil {
		return err
	}
	return o.checkLines()
}

func (o *containerFlags) checkShell() error {
	switch {
	case o.Shell != "" && len(o.Cmd) == 0 && o.Script == "":
		return errors.New("--shell goes with --cmd or --script")
	case strings.ContainsAny(o.Shell, " \t\n"):
		return fmt.Errorf("--shell=%q: the name of one program is expected, such as bash", o.Shell)
	}
	return nil
}

func (o *containerFlags) checkLines() error {
	for _, line := range o.Cmd {
		backslashes := len(line) - len(strings.TrimRight(line, `\`))
		switch {
		case strings.TrimSpace(line) == "":
			return fmt.Errorf("--cmd=%q: there is nothing to run", line)
		case backslashes%2 == 1:
			return fmt.Errorf("--cmd=%q: a backslash at the end asks for another line, and the next --cmd is one of its own", line)
		case strings.ContainsRune(line, 0):
			return fmt.Errorf("--cmd=%q: a command line cannot hold a zero byte", line)
		}
		if err := complete(o.shell(), line); err != nil {
			return fmt.Errorf("--cmd=%q: it is no command without the next line (%w), and the next --cmd is one of its own: write both in one, with a line break between", line, err)
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
		return fmt.Errorf("--script=%s: its lines end as on Windows, and no Linux finds the program on its first line: dos2unix mends it", o.Script)
	case named && o.Shell != "":
		return fmt.Errorf("--shell=%s: the first line of %s names its program already", o.Shell, o.Script)
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
			return nil, errors.New("another flag reads the standard input already")
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
		return errors.New("it is larger than 1 MiB, the most that a ConfigMap or Secret holds; put it into the image, or on a volume (--pvc)")
	}
	return fmt.Errorf("it is larger than %d MiB", most>>20)
}

// reasonOf leaves the name out of what the system says: the flag has it.
func reasonOf(err error) error {
	if failed, ok := errors.AsType[*os.PathError](err); ok {
		return failed.Err
	}
	return err
}
