//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-batch/kubectl-batch/test/terminal"
)

// tabCommands are what scripts can do in a shell at a terminal:
//
//	tab SHELL FILE   type each line of FILE, which is LINE => RESULT, press Tab behind LINE, and
//	                 see the shell's line become RESULT; where it is LINE =>> WORD..., press Tab
//	                 twice, and see these words
func tabCommands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){"tab": tab}
}

// The keys.
const (
	tabKey   = "\t"
	showKey  = "\x07" // has the shell show its line
	clearKey = "\x15"
)

// prompt is that of each shell.
const prompt = "ready> "

// line is a shell's line, as showKey shows it.
var line = regexp.MustCompile("<([^<>]*)>\r?\n")

func tab(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: tab shell file")
	}
	screen := terminal.Open(ts.Fatalf, ts.Defer)
	screen.Start(interactive(ts, args[0]))
	screen.Until("the prompt", func(shown string) bool { return strings.Contains(shown, prompt) })
	for row := range strings.Lines(ts.ReadFile(args[1])) {
		typed, want, single := strings.Cut(strings.TrimSuffix(row, "\n"), " => ")
		if single {
			becomes(ts, screen, typed, want)
			continue
		}
		typed, want, _ = strings.Cut(strings.TrimSuffix(row, "\n"), " =>> ")
		screen.Press(typed + tabKey + tabKey + showKey)
		screen.Until("the line", line.MatchString)
		screen.Until(want, func(shown string) bool { return lists(shown, strings.Fields(want)) })
		screen.Press(clearKey)
	}
}

// becomes presses Tab behind what was typed. A dot at the end of want stands for itself, so that
// a space before it can be seen.
func becomes(ts *testscript.TestScript, screen *terminal.Terminal, typed, want string) {
	screen.Press(typed + tabKey + showKey)
	shown := screen.Until("the line", line.MatchString)
	if got := line.FindStringSubmatch(shown)[1]; got+"." != want {
		ts.Fatalf("%q and Tab become %q; want %q; the terminal shows %q", typed, got+".", want, shown)
	}
	screen.Press(clearKey)
}

func lists(shown string, words []string) bool {
	shows := strings.Fields(shown)
	for _, word := range words {
		ok := false
		for _, shown := range shows {
			ok = ok || shown == word
		}
		if !ok {
			return false
		}
	}
	return true
}

// interactive is a shell that completes kubectl and has a key that shows its line.
func interactive(ts *testscript.TestScript, name string) *exec.Cmd {
	rc := map[string]struct {
		file, text string
		args       []string
	}{
		"bash": {".bashrc", `source /usr/share/bash-completion/bash_completion && source <(kubectl completion bash) && PS1='%s'
bind 'set enable-bracketed-paste off'
bind -x '"\C-g": printf "\n<%%s>\n" "$READLINE_LINE"'
`, []string{"--noprofile", "-i"}},
		"zsh": {".zshrc", `autoload -Uz compinit && compinit -u -D && source <(kubectl completion zsh) && PS1='%s'
show() { print; print -r -- "<$BUFFER>" }
zle -N show
bindkey '^G' show
`, []string{"-i"}},
		"fish": {".config/fish/config.fish", `kubectl completion fish | source
function fish_prompt; printf '%s'; end
bind \cg 'printf "\n<%%s>\n" (commandline)'
`, []string{"-i"}},
	}[name]
	file := filepath.Join(ts.Getenv("HOME"), rc.file)
	ts.Check(os.MkdirAll(filepath.Dir(file), 0o755))
	ts.Check(os.WriteFile(file, fmt.Appendf(nil, rc.text, prompt), 0o600))
	program, err := exec.LookPath(name)
	if err != nil {
		ts.Fatalf("%v: the packages bash-completion, zsh and fish are needed", err)
	}
	command := exec.Command(program, rc.args...)
	command.Dir = ts.MkAbs(".")
	for _, variable := range []string{"PATH", "HOME", "KUBECONFIG", "XDG_CACHE_HOME", "BUCKET_DATA"} {
		command.Env = append(command.Env, variable+"="+ts.Getenv(variable))
	}
	command.Env = append(command.Env, "SHELL="+program, "TERM=dumb", "LC_ALL=C.UTF-8")
	return command
}
