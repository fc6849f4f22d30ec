package report

import "fmt"

// A Goal is a number to reach.
type Goal struct {
	What, Want, Got string
	Reached         bool
	// Measured is false if values are missing.
	Measured bool
}

// Contenders that the goals name.
const (
	Cp     = "kubectl cp"
	Tunnel = "fetch, tunnel"
	TCP    = "bare TCP"
)

// Automatic and Fixed are one fetch with the compression that it chooses, and
// with each that it may choose from.
const Automatic = Tunnel

// Fixed returns the contenders with a fixed compression.
func Fixed() []string { return []string{"fetch, none", "fetch, s2", "fetch, zstd"} }

// race is a goal on the time of a fetch against another contender's.
type race struct {
	link, set, against string
	factor             float64
}

// Goals judges the races and the special numbers.
func (r *Results) Goals() []Goal {
	var goals []Goal
	for _, comparison := range []race{
		{"free", "random", Cp, 2.3},
		{"free", "text", Cp, 2.3},
		{"free", "small", Cp, 3},
		{"100 Mbit/s", "text", Cp, 4},
		{"100 Mbit/s", "random", TCP, 0.97},
	} {
		goal := r.evaluate(comparison)
		if !goal.Measured {
			comparison.set += "-part" // a short run has these
			if part := r.evaluate(comparison); part.Measured {
				goal = part
			}
		}
		goals = append(goals, goal)
	}
	for _, set := range []string{"random", "text"} {
		goals = append(goals, r.judgeCPU(set))
	}
	goals = append(goals, r.judgeAutomatic())
	return append(goals, r.Special...)
}

func (r *Results) evaluate(comparison race) Goal {
	goal := Goal{What: fmt.Sprintf("%s, %s: speed of fetch (tunnel) relative to %s", comparison.link, comparison.set, comparison.against), Want: fmt.Sprintf(">= %.2fx", comparison.factor)}
	fetch, n := r.Median(comparison.link, comparison.set, Tunnel, Seconds)
	reference, m := r.Median(comparison.link, comparison.set, comparison.against, Seconds)
	if goal.Measured = n > 0 && m > 0; goal.Measured {
		goal.Got = fmt.Sprintf("%.2fx (%.2f s vs. %.2f s)", reference/fetch, fetch, reference)
		goal.Reached = reference/fetch >= comparison.factor
	}
	return goal
}

func transferCPU(r Run) float64 { return r.PerGiB(r.Transfer.Cluster()) }
func commandCPU(r Run) float64  { return r.PerGiB(r.Whole.Cluster()) }

func (r *Results) judgeCPU(set string) Goal {
	goal := Goal{What: "free, " + set + ": CPU time of API server, kubelet and runtime per GiB, relative to " + Cp, Want: "<= 0.25x"}
	fetch, n := r.Median("free", set, Tunnel, transferCPU)
	reference, m := r.Median("free", set, Cp, transferCPU)
	if goal.Measured = n > 0 && m > 0 && reference > 0; goal.Measured {
		whole, _ := r.Median("free", set, Tunnel, commandCPU)
		goal.Got = fmt.Sprintf("%.2fx (%.2f s vs. %.2f s; with start and deletion of the helper pod %.2f s)", fetch/reference, fetch, reference, whole)
		goal.Reached = fetch/reference <= 0.25
	}
	return goal
}

// slack is how much slower than the best the automatic choice may be.
const slack = 1.10

func (r *Results) judgeAutomatic() Goal {
	goal := Goal{What: "every link and data set: time with automatic compression relative to the best of none, s2 and zstd", Want: "<= 1.10x"}
	worst := 0.0
	for _, cell := range r.cells() {
		factor, ok := r.automatic(cell[0], cell[1])
		if ok && factor > worst {
			worst, goal.Measured = factor, true
			goal.Got = fmt.Sprintf("%.2fx at worst (%s, %s)", factor, cell[0], cell[1])
		}
	}
	goal.Reached = worst <= slack
	return goal
}

// automatic returns the time of the automatic choice against the best fixed one.
func (r *Results) automatic(link, set string) (float64, bool) {
	chosen, n := r.Median(link, set, Automatic, Seconds)
	best, measured := 0.0, 0
	for _, fixed := range Fixed() {
		if seconds, m := r.Median(link, set, fixed, Seconds); m > 0 {
			if measured++; best == 0 || seconds < best {
				best = seconds
			}
		}
	}
	if n == 0 || measured < len(Fixed()) {
		return 0, false
	}
	return chosen / best, true
}

// cells lists the pairs of link and set that were measured, in order.
func (r *Results) cells() [][2]string {
	var cells [][2]string
	listed := map[[2]string]bool{}
	for _, run := range r.Runs {
		cell := [2]string{run.Link, run.Set}
		if !listed[cell] {
			listed[cell] = true
			cells = append(cells, cell)
		}
	}
	return cells
}
