package gitignore

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

var errOpen = errors.New("a bracket is not closed; use \\[ for the character [")

// readClass reads a bracket expression after its [, as git does (wildmatch.c). It returns the
// expression in the syntax of doublestar, and the text after it. doublestar does not support
// names such as [:digit:] and a ] at the start, and its negated classes match a slash.
func readClass(text string) (class, rest string, err error) {
	negated := strings.HasPrefix(text, "!") || strings.HasPrefix(text, "^")
	if rest = text; negated {
		rest = text[1:]
	}
	var out strings.Builder
	out.WriteByte('[')
	if negated {
		out.WriteString("!/")
	}
	empty := out.Len()
	for atStart := true; atStart || !strings.HasPrefix(rest, "]"); atStart = false {
		if rest == "" {
			return "", "", errOpen
		}
		if rest, err = readMember(&out, rest); err != nil {
			return "", "", err
		}
	}
	if out.Len() == empty && !negated {
		return "", "", fmt.Errorf("bracket expression [%s matches nothing", text[:len(text)-len(rest)+1])
	}
	out.WriteByte(']')
	return out.String(), rest[1:], nil
}

// readMember reads one member: a name of a class, a range or a character.
func readMember(out *strings.Builder, text string) (rest string, err error) {
	if name, tail, ok := readName(text); ok {
		ranges := named(name)
		if ranges == "" {
			return "", fmt.Errorf("unknown character class [:%s:]", name)
		}
		out.WriteString(ranges)
		return tail, nil
	}
	low, rest, err := readCharacter(text)
	if err != nil {
		return "", err
	}
	high := low
	if strings.HasPrefix(rest, "-") && len(rest) > 1 && rest[1] != ']' {
		if high, rest, err = readCharacter(rest[1:]); err != nil {
			return "", err
		}
	}
	writeRange(out, low, high)
	return rest, nil
}

// readName reads [:NAME:]. ok is false for any other text, whose characters are then members.
func readName(text string) (name, rest string, ok bool) {
	if name, ok = strings.CutPrefix(text, "[:"); !ok {
		return "", "", false
	}
	if name, rest, ok = strings.Cut(name, "]"); !ok {
		return "", "", false
	}
	name, ok = strings.CutSuffix(name, ":")
	return name, rest, ok
}

func readCharacter(text string) (rune, string, error) {
	text = strings.TrimPrefix(text, `\`)
	if text == "" {
		return 0, "", errOpen
	}
	r, size := utf8.DecodeRuneInString(text)
	return r, text[size:], nil
}

// writeRange writes a range without the slash, which no class matches.
func writeRange(out *strings.Builder, low, high rune) {
	switch {
	case low > high:
	case low <= '/' && '/' <= high:
		writeRange(out, low, '/'-1)
		writeRange(out, '/'+1, high)
	case low == high:
		out.WriteString(`\` + string(low))
	default:
		out.WriteString(`\` + string(low) + `-\` + string(high))
	}
}

// named returns the members of a named class, ASCII as in git; "" for an unknown name.
func named(name string) string {
	return map[string]string{
		"alnum":  "a-zA-Z0-9",
		"alpha":  "a-zA-Z",
		"blank":  ` \` + "\t",
		"cntrl":  "\x00-\x1f\x7f",
		"digit":  "0-9",
		"graph":  `\!-.0-~`,
		"lower":  "a-z",
		"print":  ` -.0-~`,
		"punct":  `\!-.\:-@\[-` + "`" + `\{-~`,
		"space":  " \t-\r",
		"upper":  "A-Z",
		"xdigit": "0-9a-fA-F",
	}[name]
}
