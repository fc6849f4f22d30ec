package docs

import (
	"os"
	"slices"
	"strings"
)

// Print is a command of a page with what it printed.
type Print struct {
	Command Command
	Got     string
}

// Update replaces the output in the page of a file by the real output, if they differ.
func Update(file string, prints []Print) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	lines := strings.SplitAfter(string(text), "\n")
	for _, entry := range slices.Backward(prints) { // so that the lines before keep their numbers
		command := entry.Command
		if Same(command.Output, entry.Got) {
			continue
		}
		start := command.Line - 1 + strings.Count(command.Input, "\n")
		rest := lines[start+strings.Count(command.Output, "\n"):]
		got := strings.TrimRight(Passed(command.Output, entry.Got), "\n")
		if got != "" {
			got += "\n"
		}
		if strings.HasSuffix(command.Output, "\n\n") { // the space before the next command
			got += "\n"
		}
		lines = append(append(lines[:start:start], got), rest...)
	}
	return os.WriteFile(file, []byte(strings.Join(lines, "")), 0o644) //nolint:gosec // a page is for everybody to read
}
