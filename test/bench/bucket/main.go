// Bucket compares `kubectl batch fetch --via` with manual copies through a bucket, and
// with a direct fetch over a slow line to the API server, in a test cluster, and
// writes the results as a page. Run it with make bench.
package main

import (
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
	turns             int
	short             bool
	plugin, hand, out string
}

func run(ctx context.Context, args []string) error {
	f := flags{}
	set := flag.NewFlagSet("bench", flag.ContinueOnError)
	set.BoolVar(&f.short, "short", false, "a quarter of the data, and fewer turns")
	set.StringVar(&f.plugin, "plugin", "bin/kubectl-batch", "the program to measure")
	set.StringVar(&f.hand, "hand", "bin/bench-hand", "the program that is put into a pod")
	set.StringVar(&f.out, "out", "", "directory for performance-s3.md (default docs; bin with -short)")
	if err := set.Parse(args); err != nil {
		return err
	}
	if f.turns = 3; f.short {
		f.turns = 2
	}
	if f.out == "" {
		f.out = map[bool]string{false: "docs", true: "bin"}[f.short]
	}
	for _, path := range []*string{&f.plugin, &f.hand} {
		var err error
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
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
