package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// progressLines is about how many progress lines a run prints.
const progressLines = 10

// writeText writes text to the job's log.
func writeText(w io.Writer, text string) error {
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	return nil
}

// progressTo prints a line every so many epochs, and for the first and last.
func progressTo(w io.Writer, epochs int) func(epoch int, loss float64) error {
	every := max(1, epochs/progressLines)
	width := len(strconv.Itoa(epochs))
	return func(epoch int, loss float64) error {
		if epoch != 1 && epoch != epochs && epoch%every != 0 {
			return nil
		}
		return writeText(w, fmt.Sprintf("epoch %*d/%d  loss %.4f\n", width, epoch, epochs, loss))
	}
}

// report words the verdict on the test rows.
func report(m metrics, classes []string) string {
	var b strings.Builder
	right := 0
	for k := range m.ConfusionMatrix {
		right += m.ConfusionMatrix[k][k]
	}
	fmt.Fprintf(&b, "\nTest accuracy: %.4f (%d of %d rows)\n\n", m.Accuracy, right, m.RowsTest)
	b.WriteString("Confusion matrix (row = actual, column = predicted):\n\n")
	b.WriteString(formatMatrix(m.ConfusionMatrix, classes))
	return b.String()
}

// formatMatrix aligns names to the left and counts to the right, each below
// the name of its column.
func formatMatrix(matrix [][]int, classes []string) string {
	longest := len(slices.MaxFunc(classes, func(a, b string) int { return len(a) - len(b) }))
	var b strings.Builder
	fmt.Fprintf(&b, "%*s", longest, "")
	for _, name := range classes {
		fmt.Fprintf(&b, "  %*s", longest, name)
	}
	b.WriteString("\n")
	for k, name := range classes {
		fmt.Fprintf(&b, "%-*s", longest, name)
		for _, count := range matrix[k] {
			fmt.Fprintf(&b, "  %*d", longest, count)
		}
		b.WriteString("\n")
	}
	return b.String()
}
