// Package printable makes foreign text safe to print.
//
// Names, messages and paths come from pods, annotations, buckets, volumes and the command
// line. They can contain control characters that move the cursor, bidirectional controls that
// change the order of a line, and line breaks that imitate another message.
//
// The result of Escape and Fold has one line, is valid UTF-8, and contains only
// letters, marks, numbers, punctuation, symbols and the ASCII space.
package printable

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Escape replaces everything that is not printable as in a Go string: \n, \x1b, \u202e, and
// \xff for a byte that is not UTF-8. It is for names and paths, in which white space matters.
func Escape(text string) string {
	if Safe(text) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
		text = text[size:]
	}
	return b.String()
}

// Fold is Escape for sentences, such as a message of the API server: white space, line breaks
// included, becomes one space.
func Fold(text string) string { return Escape(strings.Join(strings.Fields(text), " ")) }

// Safe reports whether Escape would not change text.
func Safe(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// JSON returns v as JSON on one line, or indented, with a line break at its end. Programs read
// the same values as from encoding/json; a terminal sees printable characters only.
func JSON(v any, indent string) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for _, r := range text.String() {
		switch {
		case r == '\n' || unicode.IsPrint(r):
			out.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.Bytes(), nil
}
