package exit

import (
	"fmt"
	"slices"
	"strings"
)

// Row is a line of the table of exit statuses, as people read it.
type Row struct{ Status, Meaning string }

// status is an exit status, and which commands can end with it.
type status struct {
	Row

	// only are the commands that can end with the status; nil for all. except are those that cannot.
	only, except []string
	// flags are the flags that the commands need to end with the status; empty for none.
	flags string
	// scoped has the table of all commands name those of only.
	scoped bool
}

func statuses() []status {
	const flags = "with --wait, --follow, --fetch or --rm"
	wait, run, local := []string{"wait"}, []string{"run", "rerun"}, []string{"completion", "install", "options", "version"}
	return []status{
		{Row: Row{"0", "success"}},
		{Row: Row{"1", "failure, also if only a part failed"}, except: wait},
		{Row: Row{"2", "invalid command line; nothing was done"}},
		{Row: Row{"124", "--timeout expired"}, only: []string{"run", "rerun", "wait", "fetch", "purge"}},
		{Row: Row{"125", "the command itself failed, so the status of the jobs is unknown"}, only: wait, scoped: true},
		{Row: Row{"125", "the command itself failed, so the status of the job is unknown"}, only: run, flags: flags, scoped: true},
		{Row: Row{"130", "interrupted by Ctrl-C (SIGINT)"}, except: local},
		{Row: Row{"143", "terminated by SIGTERM or SIGHUP"}, except: local},
		{Row: Row{"other", "the exit status of the job; of several jobs, the highest (1 if a failed job has none)"}, only: wait, scoped: true},
		{Row: Row{"other", "the exit status of the job (1 if it failed without one)"}, only: run, flags: flags, scoped: true},
	}
}

// Rows returns the table of all commands.
func Rows() (rows []Row) {
	for _, one := range statuses() {
		row := one.Row
		if one.scoped {
			row.Meaning = strings.TrimSpace(strings.Join(one.only, " and ")+" "+one.flags) + ": " + row.Meaning
		}
		rows = append(rows, row)
	}
	return rows
}

// RowsOf returns the statuses that one command can end with.
func RowsOf(command string) (rows []Row) {
	for _, one := range statuses() {
		if one.only != nil && !slices.Contains(one.only, command) || slices.Contains(one.except, command) {
			continue
		}
		row := one.Row
		if one.flags != "" {
			row.Meaning = one.flags + ": " + row.Meaning
		}
		rows = append(rows, row)
	}
	return rows
}

// Table returns the section of help that lists the exit statuses of one command.
func Table(command string) string {
	var b strings.Builder
	b.WriteString("Exit Status:\n")
	for _, row := range RowsOf(command) {
		fmt.Fprintf(&b, "  %-6s %s\n", row.Status, row.Meaning)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
