// Package factory holds what every verb is made with.
package factory

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/utils/clock"

	"github.com/kubectl-batch/kubectl-batch/pkg/client"
	"github.com/kubectl-batch/kubectl-batch/pkg/cluster"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/program"
)

// Factory holds the outside world as the verbs see it. Tests replace it whole.
type Factory struct {
	// Program is how this program was called.
	Program program.Program
	// Client reaches the cluster that the kubeconfig flags name.
	Client client.Getter
	// Streams: Out takes the answer, ErrOut the talk.
	Streams genericiooptions.IOStreams
	// Clock tells the time for ages and deadlines.
	Clock clock.WithTicker
	// CacheDir is a folder of this user for what fetch remembers; empty where there is none.
	CacheDir string
	// LookupEnv reads the environment; false for a variable that is not there.
	LookupEnv func(string) (string, bool)
	// Suffix returns a text of that many characters which makes a name a new one.
	Suffix func(length int) string
	// Warnings are what the API server has warned of.
	Warnings *client.Warnings
}

// Cluster returns the typed clients and the namespace to work in.
func (f *Factory) Cluster() (cluster.Interface, string, error) {
	clients, err := f.Client.Clientset()
	if err != nil {
		return nil, "", err
	}
	namespace, err := f.Client.Namespace()
	return clients, namespace, err
}

// Say tells the person something on ErrOut, as a line of its own.
func (f *Factory) Say(text string) { _, _ = fmt.Fprintln(f.Streams.ErrOut, Printable(text)) }

// Answer prints a line of the answer on Out.
func (f *Factory) Answer(text string) error {
	_, err := fmt.Fprintln(f.Streams.Out, Printable(text))
	return err
}

// Printable escapes what could steer a terminal: names and messages come from
// pods and from other people. Line breaks and tabs stay.
func Printable(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
	}
	return b.String()
}

// Line returns a command line of this plugin that can be typed as it stands:
// it reaches the same cluster and namespace as this one.
func (f *Factory) Line(words ...string) string {
	line := append(append(f.Program.Words(), words[0]), f.Client.Arguments()...)
	line = append(line, words[1:]...)
	for i, word := range line {
		line[i] = Quoted(word)
	}
	return strings.Join(line, " ")
}

// plain words mean the same to every shell.
var plain = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./~-]+$`)

// Quoted returns word as it must be typed in a POSIX shell.
func Quoted(word string) string {
	if plain.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
