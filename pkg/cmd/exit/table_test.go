package exit_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
)

func TestRowsHaveEveryStatus(t *testing.T) {
	for _, status := range []int{exit.Done, exit.Failed, exit.Usage, exit.Timeout, exit.Tool, exit.Interrupted, exit.Terminated} {
		if !slices.ContainsFunc(exit.Rows(), func(row exit.Row) bool { return row.Status == strconv.Itoa(status) }) {
			t.Errorf("status %d is not in %v", status, exit.Rows())
		}
	}
}

func TestRowsOfOneCommand(t *testing.T) {
	for command, want := range map[string][]string{
		"list":    {"0", "1", "2", "130", "143"},
		"fetch":   {"0", "1", "2", "124", "130", "143"},
		"run":     {"0", "1", "2", "124", "125", "130", "143", "other"},
		"wait":    {"0", "2", "124", "125", "130", "143", "other"},
		"version": {"0", "1", "2"},
	} {
		var got []string
		for _, row := range exit.RowsOf(command) {
			got = append(got, row.Status)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", command, got, want)
		}
	}
}
