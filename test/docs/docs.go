// Package docs reads the commands in the project's pages, so that the scripts can run
// them and compare their output with the page.
//
// A block that begins with ```console contains command lines, after "$ ", each followed by
// its output. A line "..." matches any lines, and "..." at the end of a line matches any
// rest. A block like ```sh task.sh is the content of that file. A comment in the line before a
// block names a requirement of the block: <!-- needs AWS -->.
package docs

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// Block is one block of code of a page.
type Block struct {
	// Line is the line of its first fence, counted from 1.
	Line int
	// Language and File are the words after the fence; File is usually "".
	Language, File string
	// Needs is what the comment before it names, empty for none.
	Needs string
	// Text is what is between the fences.
	Text string
}

// Command is a command line, possibly continued on further lines.
type Command struct {
	// Line is its first line in the page, counted from 1.
	Line int
	// Input is what is typed, and Output what the page shows below it, both with all line breaks.
	Input, Output string
}

var (
	fence = regexp.MustCompile("^```(.*)$")
	needs = regexp.MustCompile(`^<!-- needs (.+) -->$`)
)

// Read returns the blocks of a page in their order. A fence that is not closed is an error.
func Read(file string) ([]Block, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var blocks []Block
	var open *Block
	var previous string
	for i, line := range strings.Split(string(text), "\n") {
		switch match := fence.FindStringSubmatch(line); {
		case match != nil && open == nil:
			open = newBlock(i+1, match[1], previous)
		case match != nil:
			blocks, open = append(blocks, *open), nil
		case open != nil:
			open.Text += line + "\n"
		}
		previous = line
	}
	if open != nil {
		return nil, fmt.Errorf("%s: the block of line %d does not end", file, open.Line)
	}
	return blocks, nil
}

func newBlock(line int, info, previous string) *Block {
	block := &Block{Line: line}
	block.Language, block.File, _ = strings.Cut(info, " ")
	if match := needs.FindStringSubmatch(previous); match != nil {
		block.Needs = match[1]
	}
	return block
}

// Commands returns what is typed in a console block.
func (b Block) Commands() []Command {
	var commands []Command
	continued := false
	for i, line := range strings.SplitAfter(b.Text, "\n") {
		typed, prompt := strings.CutPrefix(line, "$ ")
		switch {
		case prompt:
			commands = append(commands, Command{Line: b.Line + 1 + i, Input: typed})
		case line == "" || len(commands) == 0:
		case continued:
			commands[len(commands)-1].Input += line
		default:
			commands[len(commands)-1].Output += line
		}
		continued = strings.HasSuffix(line, "\\\n") && (prompt || continued)
	}
	return commands
}

// passing are lines that are printed or not, by what the cluster is doing just then: states of jobs and helper pods,
// what a transfer waits for ("connecting to the helper pod (6s)"), and how far it is ("4.0 MiB of 9.5 MiB (42%), 1.2 MiB/s").
var passing = regexp.MustCompile(`^([jJ]ob|[hH]elper pod) \S+ (does not run yet: |is not running yet: |is running$)|^job \S+: (Retrying |Waiting for pod )|; retrying with a smaller helper pod$` +
	`|^[a-z].* \(([0-9]+[hms])+\)$|^[0-9.]+ [KMGT]?i?B of `)

// Passed returns the output without lines that page does not contain and that depend on
// other activity in the cluster.
func Passed(page, printed string) string {
	var lines []string
	for line := range strings.SplitSeq(printed, "\n") {
		if !passing.MatchString(line) || slices.ContainsFunc(strings.Split(page, "\n"), func(shown string) bool { return shown != "..." && matches(shown, line) }) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// Same reports whether a command printed what page shows, but for durations, compression, random ends of
// names, the width of columns, and what "..." stands for.
func Same(page, printed string) bool {
	return equalLines(lines(page), lines(Passed(page, printed)))
}

func lines(text string) []string { return strings.Split(strings.TrimSpace(text), "\n") }

func equalLines(page, printed []string) bool {
	if len(page) == 0 {
		return len(printed) == 0
	}
	if page[0] == "..." {
		return equalLines(page[1:], printed) || len(printed) > 0 && equalLines(page, printed[1:])
	}
	return len(printed) > 0 && matches(page[0], printed[0]) && equalLines(page[1:], printed[1:])
}

func matches(shown, printed string) bool {
	shown, printed = normal(shown), normal(printed)
	if start, ok := strings.CutSuffix(shown, "..."); ok {
		return strings.HasPrefix(printed, strings.TrimSpace(start))
	}
	return shown == printed
}

var (
	duration = regexp.MustCompile(`\b([0-9.]+ ?(ms|[smhd]))+\b`)
	space    = regexp.MustCompile(`\s+`)
	// random is what the API server, and run, put behind a name to make it a new one.
	random = regexp.MustCompile(`-[bcdfghjklmnpqrstvwxz2456789]{5}\b`)
	// compressed matches a line that is printed if the connection was slow enough for compression.
	compressed = regexp.MustCompile(` \([0-9.]+ [KMG]?i?B over the network\)`)
)

// normal is a line without what differs from one run to the next.
func normal(line string) string {
	line = compressed.ReplaceAllString(line, "")
	line = random.ReplaceAllString(duration.ReplaceAllString(line, "TIME"), "-RANDOM")
	return strings.TrimSpace(space.ReplaceAllString(line, " "))
}
