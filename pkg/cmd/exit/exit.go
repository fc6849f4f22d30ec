// Package exit defines the exit statuses of commands in one table,
// and the errors that carry a status of their own.
package exit

import (
	"context"
	"errors"
	"fmt"
)

// The exit statuses of every command.
const (
	// Done: the command succeeded.
	Done = 0
	// Failed: the command failed, completely or partly.
	Failed = 1
	// Usage: the command line was wrong; nothing was done.
	Usage = 2
	// Timeout: --timeout ran out.
	Timeout = 124
	// Tool: wait or run --wait failed itself, so the job's status is not known.
	Tool = 125
	// Interrupted: Ctrl-C (SIGINT) ended the command.
	Interrupted = 130
	// Terminated: SIGTERM or SIGHUP ended the command.
	Terminated = 143
)

// Error is an error that ends the command with a status of its own. Err may be
// nil: then all has been said already.
type Error struct {
	Status int
	Err    error
}

// Error returns the text of the wrapped error, or the bare status.
func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit status %d", e.Status)
	}
	return e.Err.Error()
}

// Unwrap returns the wrapped error, which may be nil.
func (e *Error) Unwrap() error { return e.Err }

// With gives err a status of its own; an error that carries one keeps it.
func With(status int, err error) error {
	var has *Error
	if err == nil || errors.As(err, &has) {
		return err
	}
	return &Error{Status: status, Err: err}
}

// Silently ends the command with status, without a message; nil for Done.
func Silently(status int) error {
	if status == Done {
		return nil
	}
	return &Error{Status: status}
}

// Bare returns err without a status of its own.
func Bare(err error) error {
	if has, ok := errors.AsType[*Error](err); ok && has.Err != nil {
		return has.Err
	}
	return err
}

// Usagef returns an error about the command line: it ends with Usage, and the
// usage of the command is shown under it.
func Usagef(format string, args ...any) error {
	return &Error{Status: Usage, Err: fmt.Errorf(format, args...)}
}

// Status returns the status that err ends the command with.
func Status(err error) int {
	var has *Error
	switch {
	case err == nil:
		return Done
	case errors.As(err, &has):
		return has.Status
	case errors.Is(err, context.Canceled):
		return Interrupted
	}
	return Failed
}
