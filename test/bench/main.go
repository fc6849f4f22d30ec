// Bench compares `kubectl batch fetch` with common alternatives, on a test
// cluster, and writes the results as a page and as raw values. Run it with
// make bench.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/link"
	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/program"
)

// flags are what was typed.
type flags struct {
	runs, others int
	filter       *regexp.Regexp
	short, keep  bool
	plugin, out  string
	namespace    string
}

func main() { program.Main(run) }

func run(ctx context.Context, args []string) error {
	if len(args) == 3 && args[0] == receiver {
		began := time.Now()
		err := link.Receive(ctx, args[1], args[2])
		fmt.Printf(`{"transferSeconds": %f}`, time.Since(began).Seconds())
		return err
	}
	f, err := parse(args)
	if err != nil {
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
		if b.out == finished {
			b.out = scratch // half a page is not for docs
		}
		b.skip(fmt.Sprintf("what would have come after an error: %v", err))
		return errors.Join(err, context.Cause(ctx), b.write(args))
	}
	return b.write(args)
}

// Output directories: of a complete run, and of others.
const (
	finished = "docs"
	scratch  = "bin"
)

// longest is how long a whole run may take.
const longest = 3 * time.Hour

func parse(args []string) (flags, error) {
	var f flags
	var expression string
	set := flag.NewFlagSet("bench", flag.ContinueOnError)
	set.IntVar(&f.runs, "runs", 0, "runs of each contender that a goal names (default 5, 3 with -short)")
	set.IntVar(&f.others, "others", 0, "runs of each other contender (default the same)")
	set.StringVar(&expression, "only", "", "measure only what matches this regular expression: LINK/SET/CONTENDER, or special/NAME")
	set.BoolVar(&f.short, "short", false, "the main numbers only, on smaller sets")
	set.BoolVar(&f.keep, "keep", false, "leave the data sets in the cluster; the next run with -keep uses them")
	set.StringVar(&f.plugin, "plugin", "bin/kubectl-batch", "the program to measure")
	set.StringVar(&f.out, "out", "", "directory for performance.md and performance.csv (default docs; bin with -short or -only)")
	set.StringVar(&f.namespace, "namespace", "bench", "namespace to work in; it is removed afterwards")
	if err := set.Parse(args); err != nil {
		return f, err
	}
	if set.NArg() > 0 {
		return f, fmt.Errorf("unexpected arguments: %s", strings.Join(set.Args(), " "))
	}
	f.defaults(expression != "")
	var err error
	if f.filter, err = regexp.Compile(expression); err != nil {
		return f, err
	}
	f.plugin, err = filepath.Abs(f.plugin)
	return f, err
}

func (f *flags) defaults(partial bool) {
	if f.runs == 0 {
		f.runs = 5
		if f.short {
			f.runs = 3
		}
	}
	if f.out == "" {
		f.out = finished
		if f.short || partial {
			f.out = scratch
		}
	}
}
