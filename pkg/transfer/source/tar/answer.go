package tar

import (
	"bufio"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// mostAnswer is the maximum length of the script's first line, in bytes. The line may have
// the index of every requested path.
const mostAnswer = 256 << 10

// NoToolsError says that the container's image lacks a program that is needed.
type NoToolsError struct {
	Tool string // "sh" or "tar"
}

// Error implements error.
func (e *NoToolsError) Error() string {
	return fmt.Sprintf("the container image has no %q", e.Tool)
}

// answer is the script's first line.
type answer struct {
	word string
	rest []string
}

// parseAnswer parses line, which must contain the nonce of the script.
func parseAnswer(line, nonce string) (answer, error) {
	words := strings.Fields(line)
	if len(words) < 3 || words[0] != "kubectl-batch" || words[1] != nonce {
		return answer{}, fmt.Errorf("unexpected response %.80q", line)
	}
	return answer{words[2], words[3:]}, nil
}

// began returns the time at which tar was started; zero if it is not known.
func (a answer) began() time.Time {
	if len(a.rest) == 0 {
		return time.Time{}
	}
	seconds, err := strconv.ParseInt(a.rest[0], 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(seconds, 0)
}

// skipped are the directories of the file system in the root that are skipped.
func (a answer) skipped() []string {
	names := append(transfer.SnapshotDirs(), transfer.LostAndFound)
	return slices.DeleteFunc(names, func(name string) bool { return !slices.Contains(a.rest, name) })
}

// missing returns a *transfer.MissingPathError with the paths whose indices are in the answer.
func (a answer) missing(paths []string) error {
	result := &transfer.MissingPathError{}
	for _, word := range a.rest {
		i, err := strconv.Atoi(word)
		if err != nil || i < 0 || i >= len(paths) {
			return fmt.Errorf("unexpected response %.80q", "missing "+word)
		}
		result.Paths = append(result.Paths, paths[i])
	}
	return result
}

// answer waits for the script's first line. If there is none, its error has the reason.
func (s *stream) answer(nonce string) (answer, error) {
	line, err := s.output.ReadSlice('\n')
	if err == nil || errors.Is(err, bufio.ErrBufferFull) {
		return parseAnswer(string(line), nonce)
	}
	s.dismiss() // so that the error and the messages of the exec are complete
	return answer{}, unanswered(s.execResult(), err, s.messages.lines())
}

// unanswered distinguishes an exec that could not run from one that was lost.
func unanswered(execErr, readErr error, messages []string) error {
	switch {
	case execErr == nil:
		execErr = fmt.Errorf("the script did not respond: %w", readErr)
	case transport.NoShell(execErr):
		return &NoToolsError{Tool: "sh"}
	case strings.Contains(execErr.Error(), " is forbidden: "), apierrors.IsForbidden(execErr), apierrors.IsUnauthorized(execErr),
		apierrors.IsBadRequest(execErr), apierrors.IsInvalid(execErr):
		return execErr // a retry would fail too
	}
	if len(messages) > 0 {
		execErr = fmt.Errorf("%w: %s", execErr, strings.Join(messages, "; "))
	}
	return &transfer.LostError{Cause: execErr}
}
