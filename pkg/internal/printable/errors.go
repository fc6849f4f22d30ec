package printable

import (
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// Errors returns the text of err, a line for each of the errors that were joined. A line break
// in any other place is foreign, and is escaped.
func Errors(err error) []string {
	text := err.Error()
	if status, ok := err.(apierrors.APIStatus); ok && text == status.Status().Message {
		return []string{Fold(text)}
	}
	causes := unwrap(err)
	if lines := joined(text, causes); lines != nil {
		return lines
	}
	lines := []string{""}
	for _, cause := range causes {
		prefix, suffix, ok := strings.Cut(text, cause.Error())
		if !ok || cause.Error() == "" {
			continue
		}
		inner := Errors(cause)
		lines[len(lines)-1] += Escape(prefix) + inner[0]
		lines, text = append(lines, inner[1:]...), suffix
	}
	lines[len(lines)-1] += Escape(text)
	return lines
}

// joined returns the lines of causes if text is the result of errors.Join for them, otherwise nil.
func joined(text string, causes []error) (lines []string) {
	if len(causes) < 2 {
		return nil
	}
	for i, cause := range causes {
		rest, ok := strings.CutPrefix(text, cause.Error())
		if isLast := i == len(causes)-1; ok && !isLast {
			rest, ok = strings.CutPrefix(rest, "\n")
		} else if ok {
			ok = rest == ""
		}
		if !ok {
			return nil
		}
		lines, text = append(lines, Errors(cause)...), rest
	}
	return lines
}

func unwrap(err error) []error {
	switch wraps := err.(type) { //nolint:errorlint // this is how errors.As itself looks
	case interface{ Unwrap() error }:
		if cause := wraps.Unwrap(); cause != nil {
			return []error{cause}
		}
	case interface{ Unwrap() []error }:
		return wraps.Unwrap()
	}
	return nil
}

// Error returns the text of err on one line.
func Error(err error) string { return strings.Join(Errors(err), "; ") }
