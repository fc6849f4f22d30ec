package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// The table of commands in README.md is between these lines.
const (
	tableStart = "<!-- commands: written by make docs -->\n"
	tableEnd   = "<!-- end of commands -->\n"
)

// updateReadme replaces the table of commands in a file.
func updateReadme(file string, root *cobra.Command) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	updated, err := withCommands(string(text), root)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, []byte(updated), 0o644)
}

// withCommands returns text with the table of the commands of root.
func withCommands(text string, root *cobra.Command) (string, error) {
	head, rest, hasStart := strings.Cut(text, tableStart)
	_, tail, hasEnd := strings.Cut(rest, tableEnd)
	if !hasStart || !hasEnd {
		return "", fmt.Errorf("no lines %q and %q", tableStart, tableEnd)
	}
	return head + tableStart + commandTable(root) + tableEnd + tail, nil
}

// commandTable lists the commands in the order of the help of root.
func commandTable(root *cobra.Command) string {
	help := root.UsageString()
	position := func(command *cobra.Command) int { return strings.Index(help, "\n  "+command.Name()+" ") }
	listed := slices.DeleteFunc(slices.Clone(root.Commands()), func(command *cobra.Command) bool { return command.Hidden || position(command) < 0 })
	slices.SortFunc(listed, func(a, b *cobra.Command) int { return position(a) - position(b) })
	var table strings.Builder
	table.WriteString("\n| Command | Description |\n|---|---|\n")
	for _, command := range listed {
		fmt.Fprintf(&table, "| [`%s`](docs/reference/%s) | %s |\n", command.Name(), file(command), escape(command.Short))
	}
	table.WriteString("\n")
	return table.String()
}
