package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/program"
	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/report"
)

// special is a number that is no race.
type special struct {
	name, set string
	run       func(ctx context.Context, b *bench, set string) ([]report.Goal, error)
}

func (b *bench) specials() []special {
	var chosen []special
	for _, s := range []special{
		{"second", "random", second},
		{"second", "small", second},
		{"cut", "random", cut},
		{"cut", "small", cut},
		{"verification", "random", verification},
		{"many", "many", many},
	} {
		if b.wants("special/"+s.name) && b.able(b.transport("tunnel")) {
			chosen = append(chosen, s)
		}
	}
	return chosen
}

func (b *bench) runSpecials(ctx context.Context, specials []special) error {
	for _, s := range specials {
		program.Log("special: %s, %s", s.name, s.set)
		goals, err := s.run(ctx, b, s.set)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		b.removeHelpers(ctx)
		if removed := os.RemoveAll(b.special()); err == nil {
			err = removed
		}
		if err != nil {
			b.failed++
			b.skip(fmt.Sprintf("%s, %s: %v", s.name, s.set, err))
		}
		for _, goal := range goals {
			program.Log("%s: %s (%s)", goal.What, goal.Got, goal.Want)
		}
		b.results.Special = append(b.results.Special, goals...)
	}
	return nil
}

// removeHelpers makes room for the next helper pod: the pod of a killed fetch
// runs on for a while.
func (b *bench) removeHelpers(ctx context.Context) {
	_, err := b.kubectl(ctx, "", "delete", "pods", "-n", b.namespace, "-l", "app.kubernetes.io/component=fetch-helper", "--force", "--wait")
	if err != nil {
		program.Log("%v", err)
	}
}

// special is the destination of these copies.
func (b *bench) special() string { return filepath.Join(b.work, "special") }

// fetch runs one through the tunnel, and records it under a name of its own.
func (b *bench) fetch(ctx context.Context, set, name string) (report.Run, error) {
	run, err := b.copyTo(ctx, race{link: free, set: set}, b.transport("tunnel"), b.lines[free][0], b.special())
	if err == nil {
		err = b.verify(set, b.special())
	}
	run.Link, run.Contender = report.NoLink, name
	if err != nil {
		run.Failed = err.Error()
	}
	b.record(run, true)
	return run, err
}

// second fetches an unchanged tree again.
func second(ctx context.Context, b *bench, set string) ([]report.Goal, error) {
	if _, err := b.fetch(ctx, set, "first of two"); err != nil {
		return nil, err
	}
	repeated, err := b.fetch(ctx, set, "second of two")
	if err != nil {
		return nil, err
	}
	// The list of files, and the request for it.
	list := int64(64<<10) + 256*int64(b.sources[set].tree.Files)
	return []report.Goal{{
		What: set + ": bytes on the wire when an unchanged tree is fetched again", Want: fmt.Sprintf("<= %d kB (a list of files)", list/1000),
		Got:     fmt.Sprintf("%d kB of %d MB, in %.2f s", repeated.WireBytes/1000, repeated.Bytes/1e6, repeated.Seconds),
		Reached: repeated.WireBytes <= list, Measured: true,
	}}, nil
}

// cut kills a fetch when half of the bytes are here, and starts it again.
func cut(ctx context.Context, b *bench, set string) ([]report.Goal, error) {
	had, err := b.killAtHalf(ctx, set)
	if err != nil {
		return nil, err
	}
	rest, err := b.fetch(ctx, set, "after a cut")
	if err != nil {
		return nil, err
	}
	part := float64(rest.WireBytes) / float64(rest.Bytes)
	return []report.Goal{{
		What: set + ": bytes on the wire of a fetch that resumes after a kill at 50%", Want: "<= 55%",
		Got: fmt.Sprintf("%.1f%% (%.1f%% were local when it was killed)", 100*part, 100*had), Reached: part <= 0.55, Measured: true,
	}}, nil
}

// killAtHalf returns what part was here when the fetch was killed.
func (b *bench) killAtHalf(ctx context.Context, set string) (float64, error) {
	if err := os.MkdirAll(b.special(), 0o750); err != nil {
		return 0, err
	}
	pipeline, err := b.transport("tunnel").pipeline(ctx, b.lines[free][0], set, b.special())
	if err != nil {
		return 0, err
	}
	cmd, total := pipeline[0], float64(b.sources[set].tree.Bytes)
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case err := <-ended:
			return 0, errors.Join(errors.New("the fetch ended before it was cut"), err)
		case <-ticker.C:
		}
		if onDisk(b.special()) < total/2 {
			continue
		}
		_ = cmd.Process.Kill() // it may just have ended, which Wait tells
		if err := <-ended; err == nil {
			return 0, errors.New("the fetch was done before it could be cut")
		}
		return onDisk(b.special()) / total, nil
	}
}

// onDisk returns how many bytes exist below dir, without holes.
func onDisk(dir string) float64 {
	bytes := int64(0)
	_ = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			if info, err := entry.Info(); err == nil {
				bytes += min(info.Size(), program.Stored(info))
			}
		}
		return nil
	})
	return float64(bytes)
}

// many fetches a tree with very many files, and measures memory.
func many(ctx context.Context, b *bench, set string) ([]report.Goal, error) {
	run, err := b.fetch(ctx, set, "many files")
	if err != nil {
		return nil, err
	}
	goal := func(process string, peak, limit int64) report.Goal {
		return report.Goal{
			What: fmt.Sprintf("%d files: memory of the %s", b.sources[set].tree.Files, process), Want: fmt.Sprintf("<= %d MiB", limit),
			Got: fmt.Sprintf("%d MiB (%.0f s)", peak>>20, run.Seconds), Reached: peak>>20 <= limit, Measured: true,
		}
	}
	return []report.Goal{goal("client", run.ClientPeak, 200), goal("agent", run.PodPeak, 64)}, nil
}
