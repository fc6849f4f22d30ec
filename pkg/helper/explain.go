package helper

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// verdict is a final response of the script that reports a failure.
type verdict struct{ words []string }

func (v *verdict) Error() string {
	return "the script in the pod reported: " + strings.Join(v.words, " ")
}

// explain returns a typed error for a failed delivery, so that the caller can decide what to do. It uses the
// script's response, the messages of the script's programs, and the error of exec.
func (d *delivery) explain(err error) error {
	if _, ok := errors.AsType[*CannotRunError](err); ok {
		return err
	}
	complaint := d.messages.String()
	response, ok := errors.AsType[*verdict](err)
	if !ok {
		return d.explainExec(err, complaint)
	}
	switch response.words[0] {
	case "cannot":
		return &CannotRunError{Reason: orElse(complaint, response.Error())}
	case "other":
		return &CannotRunError{Reason: "another version of the agent is running"}
	case "asleep":
		return &UndeliveredError{errors.New("the main process of the helper pod did not start the agent")}
	}
	if line := fault(d.messages.lines()); line != "" {
		return &CannotRunError{Reason: line}
	}
	if complaint != "" {
		err = fmt.Errorf("%w: %s", err, complaint)
	}
	return &UndeliveredError{err}
}

// explainExec returns the error for a script without a response: it could not run, or its connection was lost.
func (d *delivery) explainExec(err error, complaint string) error {
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

// finalComplaint matches a message of a shell, or of a program that the script runs, about its
// container: another attempt fails in the same way. The line must start with the name of such a program,
// because other sources use the same words for temporary problems.
var finalComplaint = regexp.MustCompile(`^(?:/?[\w./-]*/)?(?:sh|ash|dash|bash|ksh|mksh|busybox|cat|gzip|gunzip|zcat|wc|mv|chmod|rm|uname|sleep|batch-agent)(?::| \S*:).*` +
	`(?:No space left on device|Disk quota exceeded|Read-only file system|Permission denied|Operation not permitted|` +
	`File too large|No such file or directory|[Dd]irectory nonexistent|nonexistent directory|Not a directory|: (?:command )?not found)$`)

// permanentFault returns the first message that is about the container, so that another
// attempt fails in the same way; "" for none.
func fault(complaint []string) string {
	for _, line := range complaint {
		if finalComplaint.MatchString(line) {
			return line
		}
	}
	return ""
}

func orElse(text, fallback string) string {
	if text == "" {
		return fallback
	}
	return text
}
