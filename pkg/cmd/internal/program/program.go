// Package program determines the name and the version of this program. kubectl finds a plugin by the name of
// its file, and krew may install it under another name.
//
// It provides the words that users type to call the program, derived from the name by which it was
// called, and the name of the file that kubectl runs to complete the plugin's command line.
package program

import (
	"path"
	"regexp"
	"strings"
)

const (
	// prefix begins the file name of every kubectl plugin, completes the name of a file that
	// completes a plugin's command line.
	prefix, completes = "kubectl-", "kubectl_complete-"
	// ours is the plugin's own name.
	ours = "batch"
	// Windows is what Go calls that system.
	Windows = "windows"
)

// Program is how the program was called. The zero value was called kubectl-batch.
type Program struct {
	// Called is the first word of the command line: a path, or a name on the PATH.
	Called string
	// plugin is the part of the file name after kubectl-. It is "" for the default name, and without that prefix.
	plugin string
	// completing means that kubectl called the program for completion.
	completing bool
	// suffix is that of programs, .exe or nothing.
	suffix string
	named  bool
}

// sane are names that mean the same to every shell, and on a page of help.
var sane = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// Of parses the first word of a command line in the form of goos.
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

// Completing reports whether kubectl called the program to complete a command line.
func (p Program) Completing() bool { return p.completing }

// String returns the words that call the program: kubectl batch, or the words that kubectl derives from
// the name of its file, in which a dash separates words and an underscore stands for a dash.
func (p Program) String() string {
	return "kubectl " + strings.NewReplacer("-", " ", "_", "-").Replace(p.file())
}

// Words returns the words of String.
func (p Program) Words() []string { return strings.Fields(p.String()) }

// Completer returns the name of the file that kubectl looks for on the PATH to complete the plugin's command line.
func (p Program) Completer() string { return completes + p.file() + p.suffix }

// In replaces `kubectl batch` in a text by the program's name. It is for constant texts in the
// code, never for text from elsewhere.
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
