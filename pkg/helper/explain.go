package helper

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// verdict is a last word of the script that is not success.
type verdict struct{ words []string }

func (v *verdict) Error() string {
	return "the script in the pod reported: " + strings.Join(v.words, " ")
}

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
		return &CannotRunError{Reason: "another version of the agent is running"}
	case "asleep":
		return &UndeliveredError{errors.New("the main process of the helper pod did not start the agent")}
	}
	if line := fault(d.words.lines()); line != "" {
		return &CannotRunError{Reason: line}
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
	case transport.NoShell(d.err):
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

// finalComplaint is a line of a shell, or of a program that the script runs, about its
// container: the same happens again. Lines of other origin can say the same words
// about something that passes.
var finalComplaint = regexp.MustCompile(`^(?:/?[\w./-]*/)?(?:sh|ash|dash|bash|ksh|mksh|busybox|cat|gzip|gunzip|zcat|wc|mv|chmod|rm|uname|sleep|batch-agent)(?::| \S*:).*` +
	`(?:No space left on device|Disk quota exceeded|Read-only file system|Permission denied|Operation not permitted|` +
	`File too large|No such file or directory|[Dd]irectory nonexistent|nonexistent directory|Not a directory|: (?:command )?not found)$`)

// fault returns the line of a complaint that is about the container, so that a second
// attempt ends the same; "" for none.
func fault(complaint []string) string {
	for _, line := range complaint {
		if finalComplaint.MatchString(line) {
			return line
		}
	}
	return ""
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
