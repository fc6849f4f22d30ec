package report

import (
	"fmt"
	"slices"
	"strings"
)

// Rows are the seconds that contenders needed, turn by turn.
type Rows struct{ rows []row }

type row struct {
	title, contender string
	seconds          []float64
}

// Add adds a turn.
func (r *Rows) Add(title, contender string, seconds float64) {
	i := slices.IndexFunc(r.rows, func(entry row) bool { return entry.title == title && entry.contender == contender })
	if i < 0 {
		i = len(r.rows)
		r.rows = append(r.rows, row{title: title, contender: contender})
	}
	r.rows[i].seconds = append(r.rows[i].seconds, seconds)
}

// Median returns the median of the turns of one contender; 0 if there are none.
func (r *Rows) Median(title, contender string) float64 {
	for _, row := range r.rows {
		if row.title == title && row.contender == contender {
			return Median(row.seconds)
		}
	}
	return 0
}

// Table shows all of them.
func (r *Rows) Table() string {
	var table strings.Builder
	table.WriteString("| Case | Command | Median | Rounds |\n|---|---|--:|---|\n")
	for _, row := range r.rows {
		var turns []string
		for _, s := range row.seconds {
			turns = append(turns, fmt.Sprintf("%.2f", s))
		}
		fmt.Fprintf(&table, "| %s | %s | %.2f | %s |\n", row.title, row.contender, Median(row.seconds), strings.Join(turns, ", "))
	}
	return table.String()
}
