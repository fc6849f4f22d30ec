package fetch

import (
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/plural"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/shellquote"
	"github.com/kubectl-batch/kubectl-batch/pkg/results"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/ui"
)

// printOutcome prints the outcome of one fetch. With several jobs, the JSON is one list at the end.
func (o *Options) printOutcome(out *results.Outcome) error {
	switch {
	case o.json && o.several:
		return nil
	case o.json:
		return o.printJSON(out)
	}
	if text := summary(out); text != "" {
		return o.factory.Answer(text)
	}
	return nil
}

// printJSON prints value with -o json.
func (o *Options) printJSON(value any) error {
	if !o.json {
		return nil
	}
	text, err := printable.JSON(value, "    ")
	if err == nil {
		_, err = o.factory.Streams.Out.Write(text)
	}
	return err
}

// summary says in one sentence what is at the destination now; empty if there is nothing.
func summary(out *results.Outcome) string {
	present := fmt.Sprintf("%s, %s, in %s", files(out.Files), size(out.Bytes), out.Destination())
	switch {
	case out.Empty != "" && out.Error == "":
		return "No files: " + out.Empty + emptyDirectories(out)
	case out.Plan:
		return planSummary(out, present)
	case out.Files+out.Directories == 0:
		return ""
	case out.Complete && out.Kept > 0 && out.Kept == out.Files:
		return "Up to date: " + present + refusedCount(out)
	}
	return fmt.Sprintf("Fetched %s, %s%s in %s to %s%s%s", files(out.Files-out.Kept), size(out.Received), wireSize(out),
		elapsed(out.TotalSeconds), out.Destination(), keptCount(out), verification(out))
}

// planSummary says what a fetch would copy; present describes the files at the destination.
func planSummary(out *results.Outcome, present string) string {
	switch {
	case out.Error != "":
		return ""
	case out.PlanFiles == 0 && out.Kept > 0:
		return "Nothing to fetch: all files are already present: " + present
	}
	return fmt.Sprintf("Would fetch %s, %s, to %s%s", files(out.PlanFiles), size(out.PlanBytes), out.Destination(), keptCount(out))
}

// emptyDirectories counts the directories that were copied although there are no files.
func emptyDirectories(out *results.Outcome) string {
	if out.Directories == 0 || out.Plan {
		return ""
	}
	return fmt.Sprintf(" (%s %s in %s)", humanize.Comma(int64(out.Directories)), plural.Choose(out.Directories, "directory is", "directories are"), out.Destination())
}

// keptCount counts the files that were skipped because they are already present.
func keptCount(out *results.Outcome) string {
	if out.Kept == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s already present)", humanize.Comma(int64(out.Kept)))
}

// wireSize is the number of bytes on the network if it is less than what was received.
func wireSize(out *results.Outcome) string {
	const notable = 0.95
	if out.WireBytes == 0 || float64(out.WireBytes) > notable*float64(out.Received) {
		return ""
	}
	return fmt.Sprintf(" (%s over the network)", size(out.WireBytes))
}

func verification(out *results.Outcome) string {
	switch {
	case len(out.Refused) > 0:
		return refusedCount(out)
	case !out.Complete:
		return "; incomplete"
	case out.Verified:
		return "; every file verified"
	}
	return "; not verified"
}

func refusedCount(out *results.Outcome) string {
	if len(out.Refused) == 0 {
		return ""
	}
	return fmt.Sprintf("; %s not copied", humanize.Comma(int64(len(out.Refused))))
}

func files(n int) string { return plural.Count(n, "file") }

func size(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }

// elapsed formats a time with useful precision.
func elapsed(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// progressView implements results.Progress.
type progressView struct{ *ui.Progress }

// Report implements results.Progress.
func (v progressView) Report(progress transfer.Progress, transport string) {
	v.Progress.Report(ui.At{
		Files: progress.Files, TotalFiles: progress.TotalFiles, Bytes: progress.Bytes, TotalBytes: progress.TotalBytes, Transport: transport,
	})
}

// commandLines implements results.Commands.
type commandLines struct{ *factory.Factory }

// Kubectl implements results.Commands.
func (c commandLines) Kubectl(words ...string) string {
	line := append([]string{"kubectl", words[0]}, c.Client.Arguments()...)
	line = append(line, words[1:]...)
	for i, word := range line {
		line[i] = shellquote.Quote(word)
	}
	return strings.Join(line, " ")
}

// Quote implements results.Commands.
func (commandLines) Quote(word string) string { return shellquote.Quote(word) }
