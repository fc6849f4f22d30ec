// Package report turns what was measured into a page and a table of raw values.
package report

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"

	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/meter"
)

// A Run is one measurement. The values that it has no meaning for are 0.
type Run struct {
	Link, Set, Contender string
	Number               int
	// Failed is the error; a failed run counts nowhere.
	Failed string
	Bytes  int64
	// Seconds is the transfer time: as reported by a fetch or a bare stream, for other contenders
	// the time of the whole command.
	Seconds, Total, FirstByte float64
	WireBytes                 int64
	Transport, Compression    string
	ClientCPU                 float64
	ClientPeak, PodPeak       int64
	// Whole is the cluster's processor time during the command, Transfer that
	// during the transfer.
	Whole, Transfer meter.CPU
}

// NoLink is the link of runs that are in no race.
const NoLink = "special"

// gib is what a value per GiB is a value per.
const gib = 1 << 30

// PerGiB turns a value of the run into one per GiB.
func (r Run) PerGiB(value float64) float64 { return value / (float64(r.Bytes) / gib) }

// Results are all measurements of a run of the program.
type Results struct {
	Runs []Run
	// Skipped lists what was not measured, and why.
	Skipped []string
	// Special are the numbers that are no race.
	Special []Goal
	// Facts are about the machine and the versions; a line each.
	Facts []string
	// Command created the results; Date and Took are its start and duration.
	Command, Date, Took string
	// Sets are the data sets, their names and titles.
	Sets [][2]string
	// Notes is what a person wrote about the results.
	Notes string
}

// Of returns the runs of a contender that did not fail.
func (r *Results) Of(link, set, contender string) []Run {
	var runs []Run
	for _, run := range r.Runs {
		if run.Link == link && run.Set == set && run.Contender == contender && run.Failed == "" {
			runs = append(runs, run)
		}
	}
	return runs
}

// Median returns the median of a value over a contender's runs, and their
// number.
func (r *Results) Median(link, set, contender string, value func(Run) float64) (float64, int) {
	var values []float64
	for _, run := range r.Of(link, set, contender) {
		values = append(values, value(run))
	}
	return Median(values), len(values)
}

// Median returns the median of values, 0 if there are none.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	values = slices.Sorted(slices.Values(values))
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle]
	}
	return (values[middle-1] + values[middle]) / 2
}

// Seconds is the value that the races are about.
func Seconds(r Run) float64 { return r.Seconds }

// WriteCSV writes every run, failed ones too.
func (r *Results) WriteCSV(out io.Writer) error {
	w := csv.NewWriter(out)
	header := []string{"link", "set", "contender", "run", "bytes", "transferSeconds", "totalSeconds", "firstByteSeconds", "wireBytes", "transport", "compression", "clientCPU", "clientPeakBytes", "podPeakBytes"}
	for _, part := range []string{"command", "transfer"} {
		for _, name := range []string{"apiserver", "kubelet", "runtime", "pods"} {
			header = append(header, name+"CPU in "+part)
		}
	}
	if err := w.Write(append(header, "failed")); err != nil {
		return err
	}
	for _, run := range r.Runs {
		if err := w.Write(run.record()); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

func (r Run) record() []string {
	record := []string{
		r.Link, r.Set, r.Contender, strconv.Itoa(r.Number), whole(r.Bytes), decimal(r.Seconds), decimal(r.Total), decimal(r.FirstByte),
		whole(r.WireBytes), r.Transport, r.Compression, decimal(r.ClientCPU), whole(r.ClientPeak), whole(r.PodPeak),
	}
	for _, cpu := range []meter.CPU{r.Whole, r.Transfer} {
		record = append(record, decimal(cpu.APIServer), decimal(cpu.Kubelet), decimal(cpu.Runtime), decimal(cpu.Pods))
	}
	return append(record, r.Failed)
}

func whole(value int64) string     { return strconv.FormatInt(value, 10) }
func decimal(value float64) string { return strconv.FormatFloat(value, 'f', 3, 64) }
