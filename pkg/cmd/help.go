package cmd

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/kubectl/pkg/util/term"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flaghelp"
)

// group is a heading of commands. Help has kubectl's layout. kubectl's own code for it
// includes Markdown, which would delay every start by 2 ms.
type group struct {
	heading  string
	commands []*cobra.Command
}

// setHelp gives root and all commands below it their help. Commands in no group come last.
func setHelp(root *cobra.Command, groups []group) {
	root.SetUsageFunc(func(cmd *cobra.Command) error {
		_, err := io.WriteString(cmd.OutOrStderr(), "\n\n"+below(cmd, groups))
		return err
	})
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		_, _ = io.WriteString(cmd.OutOrStdout(), strings.TrimSpace(cmp.Or(cmd.Long, cmd.Short))+cmd.UsageString())
	})
}

// below is what stands below the long text.
func below(cmd *cobra.Command, groups []group) string {
	var parts []string
	sections := describeSections(cmd)
	if len(sections) < 2 && len(cmd.Aliases) > 0 {
		parts = append(parts, "Aliases:\n"+cmd.NameAndAliases())
	}
	if cmd.HasExample() {
		parts = append(parts, "Examples:\n"+strings.TrimRight(cmd.Example, " \n"))
	}
	parts = append(append(parts, commands(cmd, groups)...), sections...)
	if cmd.Runnable() && cmd.HasParent() {
		parts = append(parts, exit.Table(cmd), "Usage:\n  "+cmd.UseLine()+" [options]")
	}
	var tips []string
	if cmd.HasSubCommands() {
		tips = append(tips, fmt.Sprintf("Use \"%s <command> --help\" for more information about a given command.\n", cmd.CommandPath()))
	}
	if cmd.Runnable() {
		tips = append(tips, fmt.Sprintf("Use \"%s options\" for a list of global command-line options (applies to all commands).\n", cmd.Root().CommandPath()))
	}
	return strings.Join(append(parts, strings.Join(tips, "")), "\n\n")
}

// commands lists what is below cmd.
func commands(cmd *cobra.Command, groups []group) (lists []string) {
	if cmd.HasParent() {
		groups = nil
	}
	grouped := []*cobra.Command{}
	for _, group := range groups {
		grouped = append(grouped, group.commands...)
	}
	rest := slices.DeleteFunc(slices.Clone(cmd.Commands()), func(command *cobra.Command) bool {
		return slices.Contains(grouped, command) || command.Name() == "options"
	})
	heading := "Available Commands:"
	if len(groups) > 0 {
		heading = "Other Commands:"
	}
	for _, list := range append(slices.Clone(groups), group{heading, rest}) {
		lines := []string{list.heading}
		for _, command := range list.commands {
			if command.IsAvailableCommand() {
				lines = append(lines, fmt.Sprintf("  %-*s   %s", command.NamePadding(), command.Name(), command.Short))
			}
		}
		if len(lines) > 1 {
			lists = append(lists, strings.Join(lines, "\n"))
		}
	}
	return lists
}

// Section contains flags under one heading of help.
type Section struct {
	// Heading is "" for flags without a heading.
	Heading string
	Flags   []FlagText
}

// FlagText contains what help shows of a flag.
type FlagText struct {
	Shorthand, Syntax, Usage string
}

// Sections groups the flags of command that help shows by their headings, in the order of help.
func Sections(command *cobra.Command) (sections []Section) {
	own := command.LocalNonPersistentFlags()
	own.SortFlags = command.Flags().SortFlags // cobra does not copy it
	visitVisible(own, func(flag *pflag.Flag) {
		heading := flaghelp.Heading(flag)
		i := slices.IndexFunc(sections, func(s Section) bool { return s.Heading == heading })
		if i < 0 {
			sections, i = append(sections, Section{Heading: heading}), len(sections)
		}
		sections[i].Flags = append(sections[i].Flags, flagText(flag))
	})
	return sections
}

// FlagTexts returns the texts of all flags in set that help shows.
func FlagTexts(set *pflag.FlagSet) (texts []FlagText) {
	visitVisible(set, func(flag *pflag.Flag) { texts = append(texts, flagText(flag)) })
	return texts
}

// visitVisible calls visit for each flag in set that help shows.
func visitVisible(set *pflag.FlagSet, visit func(*pflag.Flag)) {
	set.VisitAll(func(flag *pflag.Flag) {
		if !flag.Hidden && flag.Name != "help" {
			visit(flag)
		}
	})
}

func flagText(flag *pflag.Flag) FlagText {
	return FlagText{Shorthand: flag.Shorthand, Syntax: flaghelp.Syntax(flag), Usage: flaghelp.Usage(flag)}
}

// describeSections returns a text for each section of cmd. Without headings, the flags are its options.
func describeSections(cmd *cobra.Command) (texts []string) {
	sections := Sections(cmd)
	for _, section := range sections {
		title := cmp.Or(section.Heading, "Options")
		if section.Heading == "" && len(sections) > 1 {
			title = "Other options"
		}
		texts = append(texts, title+":\n"+describe(section.Flags))
	}
	return texts
}

// describeAll returns the descriptions of all flags in set that help shows.
func describeAll(set *pflag.FlagSet) string { return describe(FlagTexts(set)) }

// describe returns the name of each flag, its value and, below them, its description, in kubectl's layout.
func describe(flags []FlagText) string {
	var b strings.Builder
	for _, flag := range flags {
		b.WriteString("    ")
		if flag.Shorthand != "" {
			b.WriteString("-" + flag.Shorthand + ", ")
		}
		b.WriteString(flag.Syntax + "\n\t" + strings.ReplaceAll(wrapped(flag.Usage, columns()), "\n", "\n\t") + "\n\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

// columns is the width of the terminal behind a tab; a large number without a terminal.
func columns() int {
	const tab = 10
	limit, err := term.GetWordWrapperLimit()
	if err != nil {
		return math.MaxInt
	}
	return int(limit) - tab
}

// wrapped breaks text between words, so that no line is longer than limit.
func wrapped(text string, limit int) string {
	var b strings.Builder
	room := 0
	for i, word := range strings.Split(text, " ") {
		switch width := len([]rune(word)); {
		case i == 0:
			room = limit - width
		case room > width:
			b.WriteByte(' ')
			room -= width + 1
		default:
			b.WriteByte('\n')
			room = limit - width
		}
		b.WriteString(word)
	}
	return b.String()
}

// examples is the text of examples, two columns to the right.
func examples(text string) string {
	if text = strings.TrimSpace(text); text == "" {
		return ""
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = "  " + strings.TrimSpace(line)
	}
	return strings.Join(lines, "\n")
}
