package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
)

// pages returns the text of every page by its file's name: README.md with the list of
// commands and the flags that all of them take, and one for each command.
func pages(root *cobra.Command) map[string]string {
	texts := map[string]string{}
	var index strings.Builder
	fmt.Fprintf(&index, "# %s\n\n%s\n\n## Commands\n\n| Command | Description |\n|---|---|\n", root.CommandPath(), escape(root.Long))
	for _, command := range visible(root) {
		name := file(command)
		texts[name] = page(command)
		fmt.Fprintf(&index, "| [%s](%s) | %s |\n", words(command), name, escape(command.Short))
	}
	index.WriteString("\n## Global flags\n\n")
	index.WriteString(table(cmd.FlagTexts(root.PersistentFlags())))
	index.WriteString(status(exit.Rows(root)))
	texts["README.md"] = index.String()
	return texts
}

// visible returns the commands below root that are not hidden, in the order of their names.
func visible(root *cobra.Command) (commands []*cobra.Command) {
	for _, command := range root.Commands() {
		if !command.Hidden {
			commands = append(append(commands, command), visible(command)...)
		}
	}
	return commands
}

// words returns the words of a command after the program's name.
func words(command *cobra.Command) string {
	return strings.TrimPrefix(command.CommandPath(), command.Root().CommandPath()+" ")
}

func file(command *cobra.Command) string {
	return strings.ReplaceAll(words(command), " ", "-") + ".md"
}

func page(command *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n    %s\n\n", command.CommandPath(), command.UseLine())
	fmt.Fprintf(&b, "%s\n", escape(strings.TrimSpace(command.Long)))
	if command.Example != "" {
		fmt.Fprintf(&b, "\n## Examples\n\n```sh\n%s\n```\n", dedent(command.Example))
	}
	for _, section := range cmd.Sections(command) {
		fmt.Fprintf(&b, "\n## %s\n\n%s", cmp.Or(section.Heading, "Flags"), table(section.Flags))
	}
	b.WriteString(status(exit.RowsOf(command)))
	b.WriteString("\nSee [global flags](README.md#global-flags) for the flags of every command.\n")
	return b.String()
}

func table(flags []cmd.FlagText) string {
	var b strings.Builder
	b.WriteString("| Flag | Description |\n|---|---|\n")
	for _, flag := range flags {
		name := "`" + strings.ReplaceAll(flag.Syntax, "|", `\|`) + "`"
		if flag.Shorthand != "" {
			name = "`-" + flag.Shorthand + "`, " + name
		}
		fmt.Fprintf(&b, "| %s | %s |\n", name, escape(flag.Usage))
	}
	return b.String()
}

func status(rows []exit.Row) string {
	var b strings.Builder
	b.WriteString("\n## Exit status\n\n| Status | Meaning |\n|---|---|\n")
	for _, row := range rows {
		fmt.Fprintf(&b, "| %s | %s |\n", row.Status, escape(row.Meaning))
	}
	return b.String()
}

// escape keeps what means something in Markdown from meaning it.
func escape(text string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "_", `\_`, "<", "&lt;", "|", `\|`, "[", `\[`, "]", `\]`).Replace(text)
}

func dedent(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(strings.TrimPrefix(line, "  "), " ")
	}
	return strings.Join(lines, "\n")
}
