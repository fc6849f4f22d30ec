package report

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/meter"
)

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 2, 100}, 3}} {
		if got := Median(test.values); got != test.want {
			t.Errorf("%v: %v, want %v", test.values, got, test.want)
		}
	}
}

// runs makes runs of a contender that took the given seconds.
func runs(link, set, contender string, cpu float64, seconds ...float64) []Run {
	var runs []Run
	for i, s := range seconds {
		used := meter.CPU{APIServer: cpu / 2, Kubelet: cpu / 2}
		runs = append(runs, Run{Link: link, Set: set, Contender: contender, Number: i + 1, Bytes: gib, Seconds: s, Total: s + 1, Transfer: used, Whole: used})
	}
	return runs
}

func results() *Results {
	r := &Results{Command: "make bench"}
	for _, group := range [][]Run{
		runs("free", "random", Cp, 4, 2.4, 2, 2.2),
		runs("free", "random", Tunnel, 1, 1, 0.5, 9),
		runs("free", "random", "fetch, none", 1, 0.8),
		runs("free", "random", "fetch, s2", 1, 1),
		runs("free", "random", "fetch, zstd", 1, 3),
		runs("100 Mbit/s", "random-part", TCP, 0, 10),
		runs("100 Mbit/s", "random-part", Tunnel, 1, 10.2),
	} {
		r.Runs = append(r.Runs, group...)
	}
	r.Runs = append(r.Runs, Run{Link: "free", Set: "random", Contender: Cp, Number: 4, Failed: "cut", Seconds: 100})
	return r
}

func TestGoals(t *testing.T) {
	got := map[string]string{}
	for _, goal := range results().Goals() {
		if goal.Measured {
			got[goal.What] = strings.Join([]string{goal.Got, map[bool]string{true: "yes", false: "no"}[goal.Reached]}, "; ")
		}
	}
	want := map[string]string{
		"free, random: speed of fetch (tunnel) relative to kubectl cp":                                       "2.20x (1.00 s vs. 2.20 s); no",
		"100 Mbit/s, random-part: speed of fetch (tunnel) relative to bare TCP":                              "0.98x (10.20 s vs. 10.00 s); yes",
		"free, random: CPU time of API server, kubelet and runtime per GiB, relative to kubectl cp":          "0.25x (1.00 s vs. 4.00 s; with start and deletion of the helper pod 1.00 s); yes",
		"every link and data set: time with automatic compression relative to the best of none, s2 and zstd": "1.25x at worst (free, random); no",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

func TestPage(t *testing.T) {
	var page strings.Builder
	if err := results().WritePage(&page); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"| kubectl cp | 2.20 **1 failed** |",
		"| fetch, tunnel | 1.00 (2.2x) |",
		"| fetch, s2 | 1.00 (2.2x), 1 round |",
		"| free, random | 1.00 | 0.80 | 1.00 | 3.00 | 1.25x |",
		"| free, text: speed of fetch (tunnel) relative to kubectl cp | >= 2.30x |  | not measured |",
	} {
		if !strings.Contains(page.String(), line+"\n") {
			t.Errorf("no line %q in:\n%s", line, page.String())
		}
	}
}

// Every run has a record, also one that failed, and each value has its name.
func TestCSV(t *testing.T) {
	var text bytes.Buffer
	r := results()
	if err := r.WriteCSV(&text); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(&text).ReadAll() // refuses records of unequal lengths
	if err != nil || len(records) != len(r.Runs)+1 {
		t.Errorf("%d records of %d runs: %v", len(records), len(r.Runs), err)
	}
}
