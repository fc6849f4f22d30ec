// Package words finds wording that makes the project hard to read: phrases in texts, and names in Go code.
package words

import (
	_ "embed" // for phrases.txt
	"slices"
	"strings"
)

// phrases are what no message, help text or page may contain, one a line. Each of them has a plainer form, such as
// "must be" for an expectation, or the name of the actor for a pronoun. They are not in this file, because it is checked too.
//
//go:embed phrases.txt
var phrases string

// Finding is a phrase or a name that was found.
type Finding struct {
	// File is empty for a text that is not from a file.
	File string
	// Line is counted from 1.
	Line int
	// Text is the phrase or the name.
	Text string
}

// InText returns the phrases in text, in any case. A line break between the words of a phrase does not hide it, nor does
// the "#" of a comment or the ">" of a quotation at the start of the next line.
func InText(text string) (findings []Finding) {
	var words []string
	var lines []int // of each word
	for number, line := range strings.Split(strings.ToLower(text), "\n") {
		for word := range strings.FieldsSeq(strings.TrimLeft(line, "#> \t")) {
			words, lines = append(words, word), append(lines, number+1)
		}
	}
	joined := strings.Join(words, " ")
	for phrase := range strings.Lines(phrases) {
		phrase = strings.TrimSpace(phrase)
		for start := 0; ; start += len(phrase) {
			offset := strings.Index(joined[start:], phrase)
			if offset < 0 {
				break
			}
			start += offset
			findings = append(findings, Finding{Line: lines[strings.Count(joined[:start], " ")], Text: phrase})
		}
	}
	slices.SortStableFunc(findings, func(a, b Finding) int { return a.Line - b.Line })
	return findings
}
