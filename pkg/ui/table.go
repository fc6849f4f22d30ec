package ui

import (
	"errors"
	"io"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
)

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

// Rows is a table that grows: columns keep their widths.
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

// Add writes rows; nothing if there are none.
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
			cells = append(cells, printable.Escape(column.Cell(row)))
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

// None is the text for a missing value in a table, as in kubectl.
const None = "<none>"

// OrNone returns text, or None if it is empty.
func OrNone(text string) string {
	if text == "" {
		return None
	}
	return text
}
