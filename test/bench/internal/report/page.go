package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// WritePage writes the results as a page in Markdown.
func (r *Results) WritePage(out io.Writer) error {
	p := &page{Results: r}
	p.opening()
	p.goals()
	if r.Notes != "" {
		p.line("%s\n", strings.TrimSpace(r.Notes))
	}
	p.races()
	if len(p.names(set, onFree)) > 0 {
		p.processors()
		p.memory()
	}
	p.compression()
	p.method()
	_, err := io.WriteString(out, p.text.String())
	return err
}

type page struct {
	*Results
	text strings.Builder
}

func (p *page) line(format string, args ...any) { fmt.Fprintf(&p.text, format+"\n", args...) }

// row writes one row of a table.
func (p *page) row(cells ...string) { p.line("| %s |", strings.Join(cells, " | ")) }

// head writes the first rows of a table; all columns but the first are numbers.
func (p *page) head(cells ...string) {
	p.row(cells...)
	p.line("|---%s|", strings.Repeat("|--:", len(cells)-1))
}

func (p *page) opening() {
	p.line("# Performance\n")
	p.line("Measured by `%s` on %s, in %s. All measurements are from one run; the commands alternate.", p.Command, p.Date, p.Took)
	p.line("The command also writes the raw values to [performance.csv](performance.csv).\n")
	for _, fact := range p.Facts {
		p.line("- %s", fact)
	}
	for _, skipped := range p.Skipped {
		p.line("- **Stopped early**; the numbers are from the rounds before: %s", skipped)
	}
}

func (p *page) goals() { p.line("\n%s", Table(p.Goals())) }

// Table returns goals as a section of a page.
func Table(goals []Goal) string {
	p := &page{}
	p.line("## Goals\n")
	p.row("Goal", "Target", "Measured", "Met")
	p.line("|---|---|---|---|")
	for _, goal := range goals {
		verdict := "not measured"
		if goal.Measured {
			verdict = map[bool]string{true: "yes", false: "**no**"}[goal.Reached]
		}
		p.row(goal.What, goal.Want, goal.Got, verdict)
	}
	return p.text.String()
}

// names lists what value yields, without repetitions, as it was first measured.
func (p *page) names(value func(Run) string, include func(Run) bool) []string {
	var names []string
	for _, run := range p.Runs {
		if name := value(run); include(run) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func contender(r Run) string { return r.Contender }
func set(r Run) string       { return r.Set }
func link(r Run) string      { return r.Link }
func inRace(r Run) bool      { return r.Link != NoLink }

func (p *page) races() {
	p.line("## Times in seconds\n")
	p.line("Median transfer time. The number in parentheses is the speed relative to `%s`.", Cp)
	p.line("\"Failed\" counts runs in which the command failed, or files were missing or truncated.\n")
	for _, linkName := range p.names(link, inRace) {
		onLink := func(r Run) bool { return r.Link == linkName }
		sets := p.names(set, onLink)
		p.line("### Link: %s\n", linkName)
		p.head(append([]string{""}, sets...)...)
		for _, name := range p.names(contender, onLink) {
			cells := []string{name}
			for _, tree := range sets {
				cells = append(cells, p.raceCell(linkName, tree, name))
			}
			p.row(cells...)
		}
		p.line("")
	}
}

func (p *page) raceCell(link, set, contender string) string {
	seconds, n := p.Median(link, set, contender, Seconds)
	failed := p.failed(link, set, contender)
	if n == 0 {
		return failed
	}
	text := fmt.Sprintf("%.2f", seconds)
	if base, m := p.Median(link, set, Cp, Seconds); m > 0 && contender != Cp {
		text += fmt.Sprintf(" (%.1fx)", base/seconds)
	}
	if n != p.turns(link, set) {
		text += fmt.Sprintf(", %d round%s", n, map[bool]string{false: "s"}[n == 1])
	}
	return strings.TrimSpace(text + " " + failed)
}

// turns is how many good runs most contenders had on a link and set.
func (p *page) turns(link, set string) int {
	turns := 0
	for _, name := range p.names(contender, func(r Run) bool { return r.Link == link && r.Set == set }) {
		turns = max(turns, len(p.Of(link, set, name)))
	}
	return turns
}

// failed describes how many runs of a contender failed.
func (p *page) failed(link, set, contender string) string {
	n := 0
	for _, run := range p.Runs {
		if run.Link == link && run.Set == set && run.Contender == contender && run.Failed != "" {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("**%d failed**", n)
}
