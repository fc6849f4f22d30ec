package spec_test

import (
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
)

// expanded returns the text as Kubernetes expands it, with the values of variables
// ("Define Dependent Environment Variables" in its documentation): $(NAME) becomes
// the value, $$ becomes $, the rest does not change.
func expanded(text string, variables map[string]string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '$' || i+1 == len(text) {
			b.WriteByte(text[i])
			continue
		}
		i++
		end := strings.IndexByte(text[i:], ')')
		switch {
		case text[i] == '$':
			b.WriteByte('$')
		case text[i] != '(' || end < 0:
			b.WriteString("$" + string(text[i]))
		default:
			name := text[i+1 : i+end]
			value, ok := variables[name]
			if !ok {
				value = "$(" + name + ")"
			}
			b.WriteString(value)
			i += end
		}
	}
	return b.String()
}

func FuzzLiteral(f *testing.F) {
	for _, text := range []string{"", "$", "$$", "$$$", "$(A)", "$$(A)", "$$$(A)", "$((1+1))", "a$b", "$(A", "$()", "ü$(A)$"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got := expanded(spec.Literal(text), map[string]string{"A": "expanded", "": "nothing"}); got != text {
			t.Errorf("%q arrives as %q", text, got)
		}
	})
}

// Lines run in one shell, and end at the first that fails, in every shell of this machine.
func TestShell(t *testing.T) {
	for name, test := range map[string]struct {
		lines  []string
		status int
		out    string
	}{
		"cd and export carry over":     {[]string{"cd /tmp", "export A=1 B=2", `echo "$PWD $A $B"`}, 0, "/tmp 1 2\n"},
		"the second fails":             {[]string{"echo a", "exit 7", "echo b"}, 7, "a\n"},
		"what set -e lets pass":        {[]string{"false && true", "echo b"}, 1, ""},
		"a status of its own":          {[]string{"sh -c 'exit 42'", "echo b"}, 42, ""},
		"the last one decides":         {[]string{"true", "false && true"}, 1, ""},
		"comments, quotes, an or":      {[]string{"false || true # or", `echo 'it''s' "a  b" # x`}, 0, "its a  b\n"},
		"a document in the text":       {[]string{"cat <<END\na $((1+1))\nEND", "echo b"}, 0, "a 2\nb\n"},
		"a function, a loop":           {[]string{"f() { return 3; }", "for i in 1 2; do echo $i; done", "f", "echo b"}, 3, "1\n2\n"},
		"a line that is none":          {[]string{"echo 'open", "echo b"}, 2, ""},
		"one's own variables are kept": {[]string{"s=1 status=2 x=3", `echo "$s$status$x$#"`}, 0, "1230\n"},
		"a program that is not there":  {[]string{"no-such-program 2>/dev/null", "echo b"}, 127, ""},
	} {
		for _, shell := range []string{"sh", "dash", "bash", "busybox sh"} {
			words := strings.Fields(shell)
			if _, err := exec.LookPath(words[0]); err != nil {
				t.Logf("%s is not here", shell)
				continue
			}
			command := spec.Shell(words[len(words)-1], test.lines)
			cmd := exec.Command(words[0], append(words[1:], expanded(command[1], nil), expanded(command[2], nil))...)
			out, err := cmd.Output()
			status := 0
			if failed, ok := errors.AsType[*exec.ExitError](err); ok {
				status = failed.ExitCode()
			} else if err != nil {
				t.Fatal(err)
			}
			// What a syntax error ends with is each shell's own affair.
			if sameStatus := status == test.status || test.status == 2 && status != 0; !sameStatus || string(out) != test.out {
				t.Errorf("%s, %s: %q, status %d; want %q, %d", shell, name, out, status, test.out, test.status)
			}
		}
	}
}

func TestShellPipefail(t *testing.T) {
	for shell, want := range map[string]bool{"sh": false, "bash": true, "/bin/bash": true, "dash": false} {
		if got := strings.HasPrefix(spec.Shell(shell, []string{"a"})[2], "set -o pipefail\n"); got != want {
			t.Errorf("%s: %v", shell, got)
		}
	}
}
