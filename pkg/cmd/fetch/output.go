package fetch

import (
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
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
	if text := out.Summary(); text != "" {
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

// progressView implements results.Progress.
type progressView struct{ *ui.Progress }

// Report implements results.Progress.
func (v progressView) Report(progress transfer.Progress, transport string) {
	v.Progress.Report(ui.At{
		Files: progress.Files, TotalFiles: progress.TotalFiles, Bytes: progress.Bytes, TotalBytes: progress.TotalBytes, Transport: transport,
	})
}
