package results

import (
	"fmt"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/plural"
)

// Summary describes in one sentence what is at the destination now; empty if there is nothing.
func (o *Outcome) Summary() string {
	present := fmt.Sprintf("%s, %s, in %s", countFiles(o.Files), formatSize(o.Bytes), o.Destination())
	switch {
	case o.Empty != "" && o.Error == "":
		return "No files: " + o.Empty + o.emptyDirectories()
	case o.Plan:
		return o.planSummary(present)
	case o.Files+o.Directories == 0:
		return ""
	case o.Complete && o.Kept > 0 && o.Kept == o.Files:
		return "Up to date: " + present + o.refusedCount()
	}
	return fmt.Sprintf("Fetched %s, %s%s in %s to %s%s%s", countFiles(o.Files-o.Kept), formatSize(o.Received), o.wireSize(),
		formatElapsed(o.TotalSeconds), o.Destination(), o.keptCount(), o.verification())
}

// planSummary describes what a fetch would copy; present describes the files at the destination.
func (o *Outcome) planSummary(present string) string {
	switch {
	case o.Error != "":
		return ""
	case o.PlanFiles == 0 && o.Kept > 0:
		return "Nothing to fetch: all files are already present: " + present
	}
	return fmt.Sprintf("Would fetch %s, %s, to %s%s", countFiles(o.PlanFiles), formatSize(o.PlanBytes), o.Destination(), o.keptCount())
}

// emptyDirectories counts the directories that were copied although there are no files.
func (o *Outcome) emptyDirectories() string {
	if o.Directories == 0 || o.Plan {
		return ""
	}
	return fmt.Sprintf(" (%s %s in %s)", humanize.Comma(int64(o.Directories)), plural.Choose(o.Directories, "directory is", "directories are"), o.Destination())
}

// keptCount counts the files that were skipped because they are already present.
func (o *Outcome) keptCount() string {
	if o.Kept == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s already present)", humanize.Comma(int64(o.Kept)))
}

// wireSize is the number of bytes on the network if it is less than what was received.
func (o *Outcome) wireSize() string {
	const notable = 0.95
	if o.WireBytes == 0 || float64(o.WireBytes) > notable*float64(o.Received) {
		return ""
	}
	return fmt.Sprintf(" (%s over the network)", formatSize(o.WireBytes))
}

func (o *Outcome) verification() string {
	switch {
	case len(o.Refused) > 0:
		return o.refusedCount()
	case !o.Complete:
		return "; incomplete"
	case o.Verified:
		return "; every file verified"
	}
	return "; not verified"
}

func (o *Outcome) refusedCount() string {
	if len(o.Refused) == 0 {
		return ""
	}
	return fmt.Sprintf("; %s not copied", humanize.Comma(int64(len(o.Refused))))
}

func countFiles(n int) string { return plural.Count(n, "file") }

func formatSize(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }

// formatElapsed formats a time with useful precision.
func formatElapsed(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}
