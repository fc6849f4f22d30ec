package exit_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/spf13/cobra"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
)

func TestRowsHaveEveryStatus(t *testing.T) {
	for _, status := range []int{exit.Done, exit.Failed, exit.Usage, exit.Timeout, exit.Tool, exit.Interrupted, exit.Terminated} {
		if !slices.ContainsFunc(exit.Rows(&cobra.Command{}), func(row exit.Row) bool { return row.Status == strconv.Itoa(status) }) {
			t.Errorf("status %d is not in %v", status, exit.Rows(&cobra.Command{}))
		}
	}
}
