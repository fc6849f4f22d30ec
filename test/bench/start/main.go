// Start measures the start-up time of the plugin: help, and a completion that needs no
// cluster, each next to `kubectl version --client` in the same round. It ends with status 1
// if a limit is exceeded.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/program"
)

// limit is how much longer than kubectl itself the plugin may take.
const limit = 1.3

func main() { program.Main(run) }

func run(ctx context.Context, args []string) error {
	set := flag.NewFlagSet("start", flag.ContinueOnError)
	rounds := set.Int("rounds", 41, "how often each pair is run")
	plugin := set.String("plugin", "bin/kubectl-batch", "the program to measure")
	if err := set.Parse(args); err != nil {
		return err
	}
	path, remove, err := install(*plugin)
	if err != nil {
		return err
	}
	defer remove()
	b := bench{path: path, base: []string{"version", "--client"}}
	fmt.Printf("%-32s %10s %12s %10s\n", "", "median", "beside it", "limit")
	var slow []string
	for _, words := range [][]string{{"batch", "--help"}, {"__complete", "batch", "fe"}} {
		beside, took, ratio, err := b.pairs(ctx, *rounds, words)
		if err != nil {
			return err
		}
		line := "kubectl " + strings.Join(words, " ")
		fmt.Printf("%-32s %10s\n%-32s %10s %12.2f %10.2f\n", "kubectl "+strings.Join(b.base, " "), shown(beside), line, shown(took), ratio, limit)
		if ratio > limit {
			slow = append(slow, line)
		}
	}
	if len(slow) > 0 {
		return errors.New("too slow: " + strings.Join(slow, ", "))
	}
	return nil
}

// install copies the plugin and the file for completion into a directory of their own, and returns a
// PATH that begins with it.
func install(plugin string) (path string, remove func(), err error) {
	if plugin, err = filepath.Abs(plugin); err != nil {
		return "", nil, err
	}
	folder, err := os.MkdirTemp("", "bench-start-")
	if err != nil {
		return "", nil, err
	}
	for _, name := range []string{"kubectl-batch", "kubectl_complete-batch"} {
		err = errors.Join(err, os.Symlink(plugin, filepath.Join(folder, name)))
	}
	return folder + string(os.PathListSeparator) + os.Getenv("PATH"), func() { _ = os.RemoveAll(folder) }, err
}

// bench runs kubectl.
type bench struct {
	path string
	// base is what everything is measured beside.
	base []string
}

// pairs runs words and base in turns, each first in every second round, and returns the medians
// of both and of their ratios. The first round is not counted.
func (b bench) pairs(ctx context.Context, rounds int, words []string) (base, took time.Duration, ratio float64, err error) {
	var bases, durations []time.Duration
	var ratios []float64
	for round := range rounds + 1 {
		former, latter := b.base, words
		if round%2 == 1 {
			former, latter = words, b.base
		}
		formerTime, err := b.run(ctx, former)
		if err != nil {
			return 0, 0, 0, err
		}
		latterTime, err := b.run(ctx, latter)
		if err != nil {
			return 0, 0, 0, err
		}
		if round%2 == 1 {
			formerTime, latterTime = latterTime, formerTime
		}
		if round > 0 {
			bases = append(bases, formerTime)
			durations = append(durations, latterTime)
			ratios = append(ratios, latterTime.Seconds()/formerTime.Seconds())
		}
	}
	return median(bases), median(durations), median(ratios), nil
}

func (b bench) run(ctx context.Context, words []string) (time.Duration, error) {
	command := exec.CommandContext(ctx, "kubectl", words...)
	command.Env = append(os.Environ(), "PATH="+b.path)
	began := time.Now()
	out, err := command.Output()
	took := time.Since(began)
	if err != nil || len(out) == 0 {
		return 0, fmt.Errorf("kubectl %s: %q, %w", strings.Join(words, " "), out, err)
	}
	return took, nil
}

func median[T ~int64 | ~float64](values []T) T {
	slices.Sort(values)
	return values[len(values)/2]
}

func shown(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }
