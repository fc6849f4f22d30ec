package docs

import (
	"os"
	"strings"
)

// Print is a command of a page with what it printed.
type Print struct {
	Command Command
	Got     string
}

// Update has the page of a file show what was printed, where that is not the same.
func Update(file string, prints []Print) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	lines := strings.SplitAfter(string(text), "\n")
	for i := len(prints) - 1; i >= 0; i-- { // from the end, so that the lines before keep their numbers
		command := prints[i].Command
		if Same(command.Output, prints[i].Got) {
			continue
		}
		first := command.Line - 1 + strings.Count(command.Input, "\n")
		after := lines[first+strings.Count(command.Output, "\n"):]
		got := strings.TrimRight(Passed(command.Output, prints[i].Got), "\n")
		if got != "" {
			got += "\n"
		}
		if strings.HasSuffix(command.Output, "\n\n") { // the space before the next command
			got += "\n"
		}
		lines = append(append(lines[:first:first], got), after...)
	}
	return os.WriteFile(file, []byte(strings.Join(lines, "")), 0o644)
}
