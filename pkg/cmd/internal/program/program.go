// Package program says what this program is called: kubectl finds a plugin by the name of
// its file, and krew may give it another one than ours.
//
// What it promises: the words that people type to call it, from the name by which it was
// called, and the name that kubectl looks for when it completes such a line.
package program

import (
	"path"
	"regexp"
	"strings"
)

const (
	// prefix begins the file name of every plugin of kubectl, completes that of what
	// completes the words of one.
	prefix, completes = "kubectl-", "kubectl_complete-"
	// ours is the plugin's own name.
	ours = "batch"
	// Windows is what Go calls that system.
	Windows = "windows"
)

// Program is how the program was called. The zero value was called kubectl-batch.
type Program struct {
	// Called is the first word of the command line: a path, or a name that the PATH leads to.
	Called string
	// plugin is the name behind the prefix, empty where that is ours, or there is none.
	plugin string
	// completing says that kubectl asks for completions.
	completing bool
	// suffix is that of programs, .exe or nothing.
	suffix string
	named  bool
}

// sane are names that mean the same to every shell, and on a page of help.
var sane = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// Of reads the first word of a command line as goos has it.
func Of(called, goos string) Program {
	p := Program{Called: called}
	name := path.Base(called)
	if goos == Windows { // case means nothing there
		p.suffix = ".exe"
		name = strings.ToLower(name[strings.LastIndexAny(name, `\/`)+1:])
		name = strings.TrimSuffix(name, p.suffix)
	}
	plugin, ok := strings.CutPrefix(name, completes)
	if p.completing = ok; !ok {
		plugin, ok = strings.CutPrefix(name, prefix)
	}
	if p.named = ok && sane.MatchString(plugin); p.named && plugin != ours {
		p.plugin = plugin
	}
	return p
}

// Plugin reports whether the file has the name of a plugin, so that kubectl finds it.
func (p Program) Plugin() bool { return p.named }

// Completing reports whether kubectl asks for what completes a line of this plugin.
func (p Program) Completing() bool { return p.completing }

// String returns the words that call the program: kubectl batch, or what kubectl makes of
// the name of its file, where a dash parts words and an underscore is a dash.
func (p Program) String() string {
	return "kubectl " + strings.NewReplacer("-", " ", "_", "-").Replace(p.file())
}

// Words returns String word by word.
func (p Program) Words() []string { return strings.Fields(p.String()) }

// Completer returns the name of the file that kubectl looks for on the PATH.
func (p Program) Completer() string { return completes + p.file() + p.suffix }

// In returns a text of ours with the program's own name in it: texts are written with
// `kubectl batch`. It is for what stands in the code, never for what came from elsewhere.
func (p Program) In(text string) string {
	if p.plugin == "" {
		return text
	}
	return strings.ReplaceAll(text, "kubectl "+ours, p.String())
}

func (p Program) file() string {
	if p.plugin == "" {
		return ours
	}
	return p.plugin
}
