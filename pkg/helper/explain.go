package helper

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/util/exec"
)

// mostWords is how many bytes of what a program complains of are kept.
const mostWords = 2 << 10

// heardReader and heardWriter call moved whenever something moves.
type heardReader struct {
	io.Reader

	moved func()
}

func (h heardReader) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p)
	h.moved()
	return n, err
}

type heardWriter struct {
	io.Writer

	moved func()
}

func (h heardWriter) Write(p []byte) (int, error) {
	h.moved()
	return h.Writer.Write(p)
}

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

// words collects what a program complains of.
type words struct {
	mutex sync.Mutex
	text  []byte
}

// Write implements io.Writer. It takes everything, also what it does not keep.
func (w *words) Write(p []byte) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.text = append(w.text, p[:min(len(p), mostWords-len(w.text))]...)
	return len(p), nil
}

// String returns it as one line, with nothing in it that moves a cursor.
func (w *words) String() string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	line := strings.Join(strings.Fields(strings.ToValidUTF8(string(w.text), "?")), " ")
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, line)
}
