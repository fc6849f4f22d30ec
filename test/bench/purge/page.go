package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/program"
	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/report"
)

func timed(do func() error) (float64, error) {
	began := time.Now()
	err := do()
	return time.Since(began).Seconds(), err
}

func (b *bench) reach(what, want string, reached bool, format string, args ...any) {
	g := report.Goal{What: what, Want: want, Got: fmt.Sprintf(format, args...), Reached: reached, Measured: true}
	program.Say("%s: %s (%s)", g.What, g.Got, g.Want)
	b.goals = append(b.goals, g)
}

// write writes the page.
func (b *bench) write() error {
	var p strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&p, format+"\n", args...) }
	line("# Performance of purge and list\n")
	line("Measured by `make bench` on %s, in %s, on a machine with %d processors that is cluster and client at once; everything in one run, the", b.began.Format(time.DateOnly), time.Since(b.began).Round(time.Second), runtime.NumCPU())
	line("contenders by turns, in an order drawn by lot. That command writes this page. The jobs never ran: no controller looks after them.\n")
	p.WriteString(report.Table(b.goals))
	p.WriteString("\n## Seconds\n\n" + b.rows.Table())
	line("\nThe bare loop is given the jobs, and its time is that of the DELETEs alone; purge reads its pages, and looks for pods, scripts, Secrets")
	line("and who fetches, before and between. API server, etcd, controllers and client share the processors, which the parallel DELETEs use up and")
	line("kubectl's one by one do not: the bare loop is about what any client reaches here. An API server elsewhere is the lines with a round trip.")
	return program.WritePage(b.out, "performance-purge.md", p.String())
}
