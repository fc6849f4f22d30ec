// Package screen is what people see besides words: tables, questions, progress.
// Colours and live lines are only for terminals.
package screen

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/cli-runtime/pkg/printers"
)

// IsTerminal reports whether stream, a reader or writer, is a terminal.
func IsTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// ErrNoTerminal says that nobody is there to answer a question.
var ErrNoTerminal = errors.New("there is no terminal to ask on")

// Confirm asks a question that is answered with y or n; anything but y is no.
// Without a terminal on both sides it returns ErrNoTerminal, and ctx's error
// when that is done before the answer.
func Confirm(ctx context.Context, streams genericiooptions.IOStreams, question string) (bool, error) {
	if !IsTerminal(streams.In) || !IsTerminal(streams.ErrOut) {
		return false, ErrNoTerminal
	}
	_, _ = fmt.Fprintf(streams.ErrOut, "%s [y/N] ", question)
	answers := make(chan string, 1)
	go func() { // a read of a terminal cannot be called back
		answer, _ := bufio.NewReader(streams.In).ReadString('\n')
		answers <- strings.ToLower(strings.TrimSpace(answer))
	}()
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case answer := <-answers:
		return answer == "y" || answer == "yes", nil
	}
}

// Agree asks a question, and returns an error that says what a no means, such as
// "nothing was deleted", unless the answer is yes. otherwise says how to do without
// the question.
func Agree(ctx context.Context, streams genericiooptions.IOStreams, question, no, otherwise string) error {
	yes, err := Confirm(ctx, streams, question)
	switch {
	case errors.Is(err, ErrNoTerminal):
		return fmt.Errorf("%w, so %s; %s", err, no, otherwise)
	case err != nil:
		return err
	case !yes:
		return errors.New(no)
	}
	return nil
}

// Column is a column of a table over rows of type T.
type Column[T any] struct {
	Name string
	// Wide columns are shown by -o wide only.
	Wide bool
	// Cell returns the text of one row.
	Cell func(T) string
}

// Table writes rows as kubectl writes tables.
func Table[T any](out io.Writer, columns []Column[T], rows []T, wide bool) error {
	return NewTable(out, columns, wide).Add(rows)
}

// Rows is a table that grows: columns stay as wide as they were.
type Rows[T any] struct {
	out     io.Writer
	columns []Column[T]
	wide    bool
	widths  []int
	begun   bool
}

// NewTable returns a table without rows; its headings come with the first ones.
func NewTable[T any](out io.Writer, columns []Column[T], wide bool) *Rows[T] {
	return &Rows[T]{out: out, columns: columns, wide: wide}
}

// Add writes rows; nothing where there are none.
func (t *Rows[T]) Add(rows []T) error {
	if len(rows) == 0 {
		return nil
	}
	table := &metav1.Table{}
	for _, column := range t.columns {
		definition := metav1.TableColumnDefinition{Name: column.Name, Type: "string"}
		if column.Wide {
			definition.Priority = 1
		}
		table.ColumnDefinitions = append(table.ColumnDefinitions, definition)
	}
	for _, row := range rows {
		var cells []any
		for _, column := range t.columns {
			cells = append(cells, column.Cell(row))
		}
		table.Rows = append(table.Rows, metav1.TableRow{Cells: cells})
	}
	writer := printers.GetNewTabWriter(t.out)
	writer.SetRememberedWidths(t.widths)
	printer := printers.NewTablePrinter(printers.PrintOptions{Wide: t.wide, NoHeaders: t.begun})
	err := errors.Join(printer.PrintObj(runtime.Object(table), writer), writer.Flush())
	t.widths, t.begun = writer.RememberedWidths(), true
	return err
}

// None stands in a table where there is nothing, as in kubectl's own.
const None = "<none>"

// OrNone returns text, or None where it is empty.
func OrNone(text string) string {
	if text == "" {
		return None
	}
	return text
}
