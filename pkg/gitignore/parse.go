package gitignore

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// anyDepth stands for any number of directories.
const anyDepth = "**"

// The errors for patterns that git accepts and that never match.
var (
	errNothing   = errors.New("an empty pattern matches nothing")
	errBackslash = errors.New("a backslash at the end of a name escapes nothing")
	errDots      = errors.New("\".\" and \"..\" are not allowed; use a leading / for the root of the volume")
	errSlashes   = errors.New("two slashes in a row match nothing")
)

// parse reads one pattern as git does (dir.c, parse_path_pattern).
func parse(text string) (rule, error) {
	var r rule
	text, r.negated = strings.CutPrefix(text, "!")
	text, r.dirs = strings.CutSuffix(text, "/")
	r.anchored = strings.Contains(text, "/")
	text = strings.TrimPrefix(text, "/")
	if text == "" {
		return r, errNothing
	}
	var segments []string
	for segment := range strings.SplitSeq(text, "/") {
		translated, err := translate(segment)
		if err != nil {
			return r, err
		}
		segments = append(segments, translated)
	}
	if end := len(segments) - 1; segments[end] == anyDepth {
		// In git, a/** matches the contents of a. In doublestar, it also matches a.
		segments = append(segments, "*")
	}
	if !r.anchored {
		segments = segments[len(segments)-1:]
	}
	r.glob = strings.Join(segments, "/")
	return r, nil
}

// translate converts one segment to the syntax of doublestar.
func translate(segment string) (string, error) {
	switch {
	case segment == "":
		return "", errSlashes
	case segment == "." || segment == "..":
		return "", errDots
	case len(segment) > 1 && strings.Trim(segment, "*") == "":
		return anyDepth, nil
	}
	var out strings.Builder
	for rest := segment; rest != ""; {
		term, tail, err := readTerm(rest)
		if err != nil {
			return "", err
		}
		out.WriteString(term)
		rest = tail
	}
	return out.String(), nil
}

// readTerm reads the next character, escape, class or wildcard of a segment.
func readTerm(text string) (term, rest string, err error) {
	switch text[0] {
	case '\\':
		if len(text) == 1 {
			return "", "", errBackslash
		}
		_, size := utf8.DecodeRuneInString(text[1:])
		return text[:1+size], text[1+size:], nil
	case '[':
		return readClass(text[1:])
	case '*': // several in a row mean the same as one
		return "*", strings.TrimLeft(text, "*"), nil
	case '{', '}': // doublestar has alternatives, git does not
		return `\` + text[:1], text[1:], nil
	}
	return text[:1], text[1:], nil
}
