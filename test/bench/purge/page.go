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

func (b *bench) reach(title, want string, reached bool, format string, args ...any) {
	g := report.Goal{What: title, Want: want, Got: fmt.Sprintf(format, args...), Reached: reached, Measured: true}
	program.Log("%s: %s (%s)", g.What, g.Got, g.Want)
	b.goals = append(b.goals, g)
}

// write writes the page.
func (b *bench) write() error {
	var p strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&p, format+"\n", args...) }
	line("# Performance of purge and list\n")
	line("Measured by `make bench` on %s, in %s, on one machine with %d CPUs for cluster and client. All measurements are from one run; the", b.began.Format(time.DateOnly), time.Since(b.began).Round(time.Second), runtime.NumCPU())
	line("commands alternate in random order. `make bench` writes this page. The jobs never ran, and no controller manages them.\n")
	p.WriteString(report.Table(b.goals))
	p.WriteString("\n## Times in seconds\n\n" + b.rows.Table())
	line("\nThe loop already has the list of jobs, and its time is that of the DELETE requests alone. purge also lists jobs, and looks for pods, scripts,")
	line("Secrets and running fetches. API server, etcd, controllers and client share the CPUs. Parallel DELETE requests use them completely, so the loop is")
	line("about the maximum for any client on this machine. kubectl sends one request after the other. The rows with a round trip represent a remote API server.")
	return program.WritePage(b.out, "performance-purge.md", p.String())
}
