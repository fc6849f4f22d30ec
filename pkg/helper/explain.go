package helper

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/util/exec"
)

// verdict is a last word of the script that is not success.
type verdict struct{ words []string }

func (v *verdict) Error() string { return "the script in the pod says: " + strings.Join(v.words, " ") }

// explain makes of what went wrong what a caller can act on: of the script's
// answer, of what its programs complained of, and of what exec said.
func (d *delivery) explain(err error) error {
	if _, ok := errors.AsType[*CannotRunError](err); ok {
		return err
	}
	complaint := d.words.String()
	said, ok := errors.AsType[*verdict](err)
	if !ok {
		return d.unanswered(err, complaint)
	}
	switch said.words[0] {
	case "cannot":
		return &CannotRunError{Reason: orElse(complaint, said.Error())}
	case "other":
		return &CannotRunError{Reason: "another version of it serves there"}
	case "asleep":
		return &UndeliveredError{errors.New("the helper's main process did not start it")}
	}
	if fault(complaint) {
		return &CannotRunError{Reason: complaint}
	}
	if complaint != "" {
		err = fmt.Errorf("%w: %s", err, complaint)
	}
	return &UndeliveredError{err}
}

// unanswered tells an exec that could not run from one that was lost.
func (d *delivery) unanswered(err error, complaint string) error {
	switch {
	case d.err == nil:
	case noProgram(d.err):
		return &NoShellError{Cause: d.err}
	case strings.Contains(d.err.Error(), " is forbidden: "), apierrors.IsForbidden(d.err), apierrors.IsUnauthorized(d.err),
		apierrors.IsBadRequest(d.err), apierrors.IsInvalid(d.err):
		return d.err // no better the next time
	default:
		err = d.err
	}
	if complaint != "" {
		err = fmt.Errorf("%w: %s", err, complaint)
	}
	return &UndeliveredError{err}
}

// noProgram reports whether err is what container runtimes and kubelets say of a
// program that the image does not have.
func noProgram(err error) bool {
	var ended exec.ExitError
	if errors.As(err, &ended) && (ended.ExitStatus() == 126 || ended.ExitStatus() == 127) {
		return true
	}
	return lacksShell(err.Error()) || strings.Contains(err.Error(), "no such file or directory")
}

// fault reports whether a complaint is of the place, so that a second try ends
// the same.
func fault(complaint string) bool {
	return slices.ContainsFunc([]string{"No space left", "quota exceeded", "Read-only file system", "Permission denied", "not permitted", "create", "nonexistent", "not found"},
		func(text string) bool { return strings.Contains(complaint, text) })
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
