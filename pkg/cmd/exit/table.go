package exit

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// Row is a row of the table of exit statuses in the documentation.
type Row struct{ Status, Meaning string }

// local marks commands that send no request, so that they end before a signal can interrupt them.
const local = "kubectl-batch.github.io/local"

// Local returns the annotations of a command that sends no request.
func Local() map[string]string { return map[string]string{local: "true"} }

// status is an exit status, and which commands can end with it.
type status struct {
	Row

	// applies reports whether a command can end with the status; nil for all commands.
	applies func(*cobra.Command) bool
	// flags are the flags that the commands need to end with the status; empty for none.
	flags string
	// scoped has the table of all commands name the commands that can end with the status.
	scoped bool
}

// statuses returns the table of exit statuses. The flags of a command decide which rows apply: a command with
// --fail-fast reports the exit status of jobs, and a command with --wait reports it only on request.
func statuses() []status {
	const flags = "with --wait, --follow, --fetch or --rm"
	has := func(command *cobra.Command, flag string) bool { return command.Flags().Lookup(flag) != nil }
	timeout := func(command *cobra.Command) bool { return has(command, "timeout") }
	waits := func(command *cobra.Command) bool { return has(command, "fail-fast") && !has(command, "wait") }
	runs := func(command *cobra.Command) bool { return has(command, "fail-fast") && has(command, "wait") }
	fails := func(command *cobra.Command) bool { return !waits(command) }
	remote := func(command *cobra.Command) bool { return command.Annotations[local] == "" }
	return []status{
		{Row: Row{"0", "success"}},
		{Row: Row{"1", "failure, even if only a part failed"}, applies: fails},
		{Row: Row{"2", "invalid command line; nothing was done"}},
		{Row: Row{"124", "--timeout expired"}, applies: timeout},
		{Row: Row{"125", "the command itself failed, for example because no job matches; the status of the jobs is unknown"}, applies: waits, scoped: true},
		{Row: Row{"125", "the command itself failed, so the status of the job is unknown"}, applies: runs, flags: flags, scoped: true},
		{Row: Row{"130", "interrupted by Ctrl-C (SIGINT)"}, applies: remote},
		{Row: Row{"143", "terminated by SIGTERM or SIGHUP"}, applies: remote},
		{Row: Row{"other", "the exit status of the job; of several jobs, the highest (1 if a failed job has none)"}, applies: waits, scoped: true},
		{Row: Row{"other", "the exit status of the job (1 if it failed without one)"}, applies: runs, flags: flags, scoped: true},
	}
}

// Rows returns the table of all commands below root.
func Rows(root *cobra.Command) (rows []Row) {
	for _, status := range statuses() {
		row := status.Row
		if status.scoped {
			var names []string
			for _, command := range root.Commands() {
				if status.applies(command) {
					names = append(names, command.Name())
				}
			}
			row.Meaning = strings.TrimSpace(strings.Join(names, " and ")+" "+status.flags) + ": " + row.Meaning
		}
		rows = append(rows, row)
	}
	return rows
}

// RowsOf returns the statuses that one command can end with.
func RowsOf(command *cobra.Command) (rows []Row) {
	for _, status := range statuses() {
		if status.applies != nil && !status.applies(command) {
			continue
		}
		row := status.Row
		if status.flags != "" {
			row.Meaning = status.flags + ": " + row.Meaning
		}
		rows = append(rows, row)
	}
	return rows
}

// Table returns the section of help that lists the exit statuses of one command.
func Table(command *cobra.Command) string {
	var b strings.Builder
	b.WriteString("Exit Status:\n")
	for _, row := range RowsOf(command) {
		fmt.Fprintf(&b, "  %-6s %s\n", row.Status, row.Meaning)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
