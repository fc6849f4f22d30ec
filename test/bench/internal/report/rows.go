package report

import (
	"fmt"
	"slices"
	"strings"
)

// Rows are the seconds that contenders needed, turn by turn.
type Rows struct{ all []row }

type row struct {
	what, who string
	seconds   []float64
}

// Add adds a turn.
func (r *Rows) Add(what, who string, seconds float64) {
	i := slices.IndexFunc(r.all, func(one row) bool { return one.what == what && one.who == who })
	if i < 0 {
		i = len(r.all)
		r.all = append(r.all, row{what: what, who: who})
	}
	r.all[i].seconds = append(r.all[i].seconds, seconds)
}

// Median returns that of the turns of one contender; 0 where there was none.
func (r *Rows) Median(what, who string) float64 {
	for _, one := range r.all {
		if one.what == what && one.who == who {
			return Median(one.seconds)
		}
	}
	return 0
}

// Table shows all of them.
func (r *Rows) Table() string {
	var table strings.Builder
	table.WriteString("| Case | Command | Median | Rounds |\n|---|---|--:|---|\n")
	for _, one := range r.all {
		var turns []string
		for _, s := range one.seconds {
			turns = append(turns, fmt.Sprintf("%.2f", s))
		}
		fmt.Fprintf(&table, "| %s | %s | %.2f | %s |\n", one.what, one.who, Median(one.seconds), strings.Join(turns, ", "))
	}
	return table.String()
}
