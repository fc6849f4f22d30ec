package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/dataset"
	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/meter"
	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/program"
	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/report"
)

func (b *bench) measure(ctx context.Context) error {
	races, specials := b.races(), b.specials()
	var sets []string
	for _, r := range races {
		sets = append(sets, r.set)
	}
	for _, s := range specials {
		sets = append(sets, s.set)
	}
	slices.Sort(sets)
	if sets = slices.Compact(sets); len(sets) == 0 {
		return fmt.Errorf("nothing to measure: -only %q matches nothing that can run", b.filter)
	}
	if err := b.makeSources(ctx, sets); err != nil {
		return err
	}
	b.results.Facts = b.facts(ctx)
	for _, r := range races {
		if err := b.race(ctx, r); err != nil {
			return err
		}
	}
	return b.runSpecials(ctx, specials)
}

// tally is how a contender has done in a race so far.
type tally struct{ succeeded, failed int }

// race lets the contenders run by turns; over two lines, fetches take turns on
// the one and all others on the other.
func (b *bench) race(ctx context.Context, r race) error {
	lines := b.lines[r.link]
	if len(lines) == 1 {
		return b.turn(ctx, r, lines[0], 0)
	}
	others, fetches := r, r
	isFetch := func(c contender) bool { return c.fetch != nil }
	others.contenders = slices.DeleteFunc(slices.Clone(r.contenders), isFetch)
	fetches.contenders = slices.DeleteFunc(slices.Clone(r.contenders), func(c contender) bool { return !isFetch(c) })
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return b.turn(ctx, fetches, lines[0], 0) })
	group.Go(func() error { return b.turn(ctx, others, lines[1], 1) })
	return group.Wait()
}

// turn lets the contenders run one after another, until each has enough successful runs or
// has failed too often. Each turn has another order, which is the same in every execution, because
// a contender that follows a minute of gzip runs on a hot machine.
func (b *bench) turn(ctx context.Context, r race, l line, number int) error {
	dir := filepath.Join(b.work, fmt.Sprintf("copy-%d", number))
	tallies := map[string]*tally{}
	for _, c := range r.contenders {
		tallies[c.name] = &tally{}
	}
	for turn, busy := 0, true; busy; turn++ {
		busy = false
		for _, i := range rand.New(rand.NewPCG(uint64(turn), 0)).Perm(len(r.contenders)) { //nolint:gosec // an order, no secret
			c := r.contenders[i]
			t := tallies[c.name]
			if t.failed >= b.mayFail(c) || t.succeeded >= b.turns(c) {
				continue
			}
			busy = true
			run := b.measureRun(ctx, r, c, l, dir)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			run.Number = turn + 1
			b.addRun(run, c, t)
		}
	}
	return nil
}

// addRun adds the result of a contender's turn.
func (b *bench) addRun(run report.Run, c contender, t *tally) {
	b.record(run, c.fetch != nil)
	if run.Failed == "" {
		t.succeeded++
	} else if t.failed++; t.failed == b.mayFail(c) {
		b.skip(fmt.Sprintf("%s, %s, %s, after %d failures: %s", run.Link, run.Set, c.name, t.failed, brief(run.Failed)))
	}
}

// brief returns the end of an error message: the preceding part repeats it.
func brief(failure string) string {
	parts := strings.Split(failure, " / ")
	for _, part := range parts {
		if strings.Contains(part, "error: ") {
			head, address, _ := strings.Cut(part, "read tcp ")
			_, tail, _ := strings.Cut(address, ": ")
			return strings.TrimSuffix(head+tail, ": ")
		}
	}
	return parts[0]
}

// mayFail is how often a contender may fail before it is excluded: a contender that a
// goal names may fail often.
func (b *bench) mayFail(c contender) int {
	if c.main && c.fetch == nil {
		return b.runs + 1
	}
	return 2
}

// turns is how often a contender runs.
func (b *bench) turns(c contender) int {
	if !c.main && b.others > 0 {
		return b.others
	}
	return b.runs
}

// record keeps a run. Only a fetch that fails is a failure of the whole run.
func (b *bench) record(run report.Run, ours bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.results.Runs = append(b.results.Runs, run)
	if run.Failed != "" {
		if ours {
			b.failed++
		}
		program.Log("!!! FAILED %s, %s, %s: %s", run.Link, run.Set, run.Contender, run.Failed)
		return
	}
	program.Log("%-10s  %-11s  %-23s  %d  %6.2f s  (whole command %.2f s)", run.Link, run.Set, run.Contender, run.Number, run.Seconds, run.Total)
}

// patience is how long one command may take.
const patience = 10 * time.Minute

// measureRun measures one run into dir, and removes what it has copied.
func (b *bench) measureRun(ctx context.Context, r race, c contender, l line, dir string) report.Run {
	run, err := b.copyTo(ctx, r, c, l, dir)
	if err == nil {
		err = b.verify(r.set, dir)
	}
	if removed := os.RemoveAll(dir); err == nil {
		err = removed
	}
	if err != nil {
		run.Failed = err.Error()
	}
	return run
}

func (b *bench) verify(set, dir string) error {
	got, err := dataset.Scan(dir)
	if err != nil {
		return err
	}
	return dataset.Compare(b.sources[set].tree, got)
}

// copyTo runs a contender into dir, and parses its result.
func (b *bench) copyTo(ctx context.Context, r race, c contender, l line, dir string) (report.Run, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	run := report.Run{Link: r.link, Set: r.set, Contender: c.name, Bytes: b.sources[r.set].tree.Bytes}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return run, err
	}
	pipeline, err := c.pipeline(ctx, l, r.set, dir)
	if err != nil {
		return run, err
	}
	watched := dir
	if r.set == "many" {
		watched = "" // looking for the first byte among so many would be felt
	}
	usage, err := b.cluster.Run(ctx, pipeline, watched)
	run.Total = usage.Seconds
	if err != nil {
		return run, err
	}
	return run, c.fillIn(&run, usage)
}

// fillIn copies the measured values into run.
func (c contender) fillIn(run *report.Run, usage *meter.Usage) error {
	run.Seconds, run.Total = usage.Seconds, usage.Seconds
	run.FirstByte = usage.FirstByte
	run.ClientCPU = usage.ClientCPU
	run.ClientPeak, run.PodPeak = usage.ClientPeak, usage.PodPeak
	run.Whole, run.Transfer = usage.CPU, usage.CPU
	if !c.answers {
		return nil
	}
	a, err := c.parseAnswer(usage.Stdout)
	run.Seconds, run.WireBytes = a.TransferSeconds, a.WireBytes
	run.Transport, run.Compression = a.Transport, a.Compression
	run.Transfer = usage.During(usage.FirstByte, a.TransferSeconds)
	return err
}
