package factory

import (
	"slices"
	"strings"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/shellquote"
)

// Line returns a command line of this plugin that can be typed as it stands:
// it reaches the same cluster and namespace as this one.
func (f *Factory) Line(words ...string) string { return f.commandLine(f.Program.Words(), words) }

// LineIn is Line for an object of one of several namespaces.
func (f *Factory) LineIn(namespace string, words ...string) string {
	return f.Line(append([]string{words[0], "-n", namespace}, words[1:]...)...)
}

// Kubectl is Line for a command of kubectl.
func (f *Factory) Kubectl(words ...string) string {
	return f.commandLine([]string{"kubectl"}, words)
}

// commandLine returns the command line of a program. The first of words is the verb.
func (f *Factory) commandLine(program, words []string) string {
	line := slices.Concat(program, words[:1], f.Client.Arguments(), words[1:])
	for i, word := range line {
		line[i] = shellquote.Quote(word)
	}
	return strings.Join(line, " ")
}

// Quote returns word as a shell needs it.
func (*Factory) Quote(word string) string { return shellquote.Quote(word) }
