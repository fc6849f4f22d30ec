package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
	"github.com/kubectl-batch/kubectl-batch/pkg/interrupt"
)

// interrupted returns what a signal left incomplete, if there is more to report than the signal.
func interrupted(ctx context.Context, err error) error {
	status := exit.Interrupted
	if signal, ok := interrupt.Of(ctx); ok {
		status = signal.Status
	}
	lines := []string{"interrupted"}
	for line := range strings.Lines(err.Error()) {
		if line = strings.TrimSpace(line); !strings.Contains(line, context.Canceled.Error()) {
			lines = append(lines, line)
		}
	}
	return &exit.Error{Status: status, Err: errors.New(strings.Join(lines, "; "))}
}

// located adds the context and the file of the kubeconfig to a connection error.
func located(err error, origin interface{ Source() string }) error {
	var failed *url.Error
	switch {
	case err == nil:
		return nil
	case apierrors.IsUnauthorized(err):
		return fmt.Errorf("%w; the server rejected the credentials of %s; log in again", worded(err), origin.Source())
	case errors.As(err, &failed) && strings.Contains(failed.Err.Error(), "dial tcp"):
		return fmt.Errorf("%w (%s)", worded(err), origin.Source())
	}
	return err
}

// worded returns err with kubectl's message, if kubectl has one.
func worded(err error) error {
	if text := asKubectl(err); text != "" {
		return &exit.Error{Status: exit.Status(err), Err: errors.New(text)}
	}
	return err
}

// report prints err as kubectl does, with a hint to the usage if the command line was wrong.
func report(out io.Writer, called *cobra.Command, err error) {
	var status *exit.Error
	if err == nil || errors.As(err, &status) && status.Err == nil {
		return
	}
	lines := printable.Errors(err)
	if text := asKubectl(err); text != "" {
		lines = []string{printable.Fold(text)}
	}
	message := hinted(strings.Join(lines, "\n"), err, called.Root().CommandPath())
	if !strings.HasPrefix(message, "error: ") && !strings.HasPrefix(message, "Error from server") {
		message = "error: " + message
	}
	if status != nil && status.Status == exit.Usage {
		message += fmt.Sprintf("\n\nUsage:\n  %s\n\nRun \"%s --help\" for flags and examples.", called.UseLine(), called.CommandPath())
	}
	_, _ = fmt.Fprintln(out, message)
}

// asKubectl returns kubectl's message for an error; "" if kubectl has none of its own. kubectl's own function needs a
// scheme of all kinds of objects, which would delay every start by 1 ms.
func asKubectl(err error) string {
	if status, ok := err.(apierrors.APIStatus); ok { // and where nothing more is said
		switch s := status.Status(); {
		case s.Reason == metav1.StatusReasonUnauthorized:
			return "error: You must be logged in to the server (" + s.Message + ")"
		case s.Reason != "":
			return fmt.Sprintf("Error from server (%s): %v", s.Reason, err)
		}
		return fmt.Sprintf("Error from server: %v", err)
	}
	requestErr, ok := err.(*url.Error) //nolint:errorlint // only where nothing more is said
	if !ok {
		return ""
	}
	if server, failed := url.Parse(requestErr.URL); failed == nil && strings.Contains(requestErr.Err.Error(), "connection refused") {
		return fmt.Sprintf("The connection to the server %s was refused - did you specify the right host or port?", server.Host)
	}
	return fmt.Sprintf("Unable to connect to the server: %v", requestErr.Err)
}

// hinter is an error with a command to run next. It does not know the name of the
// program: only commands do.
type hinter interface {
	error
	Hint(program string) string
}

// hinted inserts the hints of err into message, after the texts of the errors that have them.
func hinted(message string, err error, program string) string {
	hints := map[string]string{}
	collect(err, func(part hinter) { hints[printable.Escape(part.Error())] = printable.Escape(part.Hint(program)) })
	for text, hint := range hints {
		message = strings.ReplaceAll(message, text, text+hint)
	}
	return message
}

// collect calls see with each hinter that err wraps.
func collect(err error, see func(hinter)) {
	if hinted, ok := err.(hinter); ok { //nolint:errorlint // what it wraps comes below
		see(hinted)
	}
	switch wraps := err.(type) { //nolint:errorlint // this is how errors.As itself looks
	case interface{ Unwrap() error }:
		collect(wraps.Unwrap(), see)
	case interface{ Unwrap() []error }:
		for _, part := range wraps.Unwrap() {
			collect(part, see)
		}
	}
}
