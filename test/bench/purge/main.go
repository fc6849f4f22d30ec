// Purge races `kubectl batch purge` and `list` against a bare loop of requests and
// against kubectl, on thousands of finished jobs in a cluster of ours, and writes what
// it measured as a page. Run it with make bench.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"path/filepath"
	"time"

	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/program"
)

// longest is how long a whole run may take.
const longest = time.Hour

func main() { program.Main(run) }

// flags are what was typed.
type flags struct {
	jobs, many, turns int
	short             bool
	plugin, out       string
}

func run(ctx context.Context, args []string) error {
	f := flags{}
	set := flag.NewFlagSet("bench", flag.ContinueOnError)
	set.BoolVar(&f.short, "short", false, "fewer jobs, and without kubectl's own waiting, which takes ten minutes")
	set.StringVar(&f.plugin, "plugin", "bin/kubectl-batch", "the program to measure")
	set.StringVar(&f.out, "out", "", "directory for performance-purge.md (default docs; bin with -short)")
	set.IntVar(&f.jobs, "jobs", 0, "jobs of the race (default 3000, 1000 with -short)")
	set.IntVar(&f.many, "many", 0, "jobs of the look at memory (default 20000, 5000 with -short)")
	if err := set.Parse(args); err != nil {
		return err
	}
	jobs, many := 3000, 20_000
	if f.turns = 3; f.short {
		jobs, many = 1000, 5000
		f.turns = 2
	}
	f.jobs, f.many = cmp.Or(f.jobs, jobs), cmp.Or(f.many, many)
	if f.out == "" {
		f.out = map[bool]string{false: "docs", true: "bin"}[f.short]
	}
	var err error
	if f.plugin, err = filepath.Abs(f.plugin); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, longest, errors.New("the whole run took too long"))
	defer cancel()
	b, err := newBench(ctx, f)
	if err != nil {
		return err
	}
	defer b.close(ctx)
	if err := b.measure(ctx); err != nil {
		return errors.Join(err, context.Cause(ctx))
	}
	return b.write()
}
