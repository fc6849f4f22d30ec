// Package ui prints tables, questions and progress.
// Colours and live lines are only for terminals.
package ui

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
)

// IsTerminal reports whether stream, a reader or writer, is a terminal.
func IsTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// ErrNoTerminal means that a question cannot be asked without a terminal.
var ErrNoTerminal = errors.New("no terminal to ask for confirmation")

// Confirm asks a question that is answered with y or n; anything but y means no.
// Without a terminal for input and output it returns ErrNoTerminal. If ctx is done before the answer,
// it returns ctx's error.
func Confirm(ctx context.Context, streams genericiooptions.IOStreams, question string) (bool, error) {
	if !IsTerminal(streams.In) || !IsTerminal(streams.ErrOut) {
		return false, ErrNoTerminal
	}
	_, _ = fmt.Fprintf(streams.ErrOut, "%s [y/N] ", printable.Escape(question))
	answers := make(chan string, 1)
	go func() { // a read of a terminal cannot be called back
		answer, _ := bufio.NewReader(streams.In).ReadString('\n')
		answers <- strings.ToLower(strings.TrimSpace(answer))
	}()
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case answer := <-answers:
		return answer == "y" || answer == "yes", nil
	}
}

// Agree asks a question, and returns an error with the text no, such as
// "nothing was deleted", unless the answer is yes. otherwise is the advice for use without
// a terminal.
func Agree(ctx context.Context, streams genericiooptions.IOStreams, question, no, otherwise string) error {
	yes, err := Confirm(ctx, streams, question)
	switch {
	case errors.Is(err, ErrNoTerminal):
		return fmt.Errorf("%s: %w; %s", no, err, otherwise)
	case err != nil:
		return err
	case !yes:
		return errors.New(no)
	}
	return nil
}
