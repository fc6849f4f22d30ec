package results

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/plural"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// notes prints what the user should know about the result of a transfer.
type notes struct {
	messages messages
	request  *Request
	cacheDir string
}

// maxNamed is how many entries an error or note names.
const maxNamed = 5

// printAll prints all notes about a result.
func (n notes) printAll(out *Outcome, result transfer.Result, err error) {
	n.listErrors(result)
	if reason := n.missingReceipt(out, result); reason != "" {
		n.messages.sayf("Note: a later fetch will not recognize these files as its own, because the receipt was not saved: %s; set XDG_CACHE_HOME to a writable directory", reason)
	}
	n.noteSkipped(result.Skipped)
	n.noteFiles(result.Growing, "grew while it was read; only the beginning was copied")
	n.noteFiles(result.Unsettled, "may have changed while it was read: it was modified less than a minute earlier")
	count := result.Files + result.HardLinks
	if err == nil && len(n.request.Paths) > 0 && count+result.Dirs == 0 && result.Symlinks > 0 {
		n.messages.say("Note: PATH is a symbolic link and was copied as a link; to copy its target, use the path of the target")
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		n.noteResume(out, count)
	}
}

// listErrors lists all refused entries if the error itself names only the first.
func (n notes) listErrors(result transfer.Result) {
	if len(result.Refused) > maxNamed {
		for _, refusal := range result.Refused {
			n.messages.say("could not copy " + refusal.String())
		}
	}
	if len(result.Messages) > maxNamed {
		for _, message := range result.Messages {
			n.messages.say("In the pod: " + message)
		}
	}
}

// missingReceipt says why no receipt records what was written; "" if one does or nothing was written.
func (n notes) missingReceipt(out *Outcome, result transfer.Result) string {
	written := result.Files + result.Symlinks + result.HardLinks - result.Kept
	switch {
	case result.ReceiptError != nil:
		return result.ReceiptError.Error()
	case n.cacheDir == "" && written > 0 && !n.request.Plan && out.To == "":
		return "neither HOME nor XDG_CACHE_HOME is set"
	}
	return ""
}

// noteSkipped names the first skipped entries, and counts the others.
func (n notes) noteSkipped(skipped []transfer.Refusal) {
	for _, entry := range skipped[:min(len(skipped), maxNamed)] {
		n.messages.say("Note: skipped " + entry.String())
	}
	if more := len(skipped) - maxNamed; more > 0 {
		n.messages.sayf("Note: skipped %s more; use -o json to list all of them", humanize.Comma(int64(more)))
	}
}

// noteFiles prints the same note for each of the first files, and counts the others.
func (n notes) noteFiles(paths []string, note string) {
	for _, path := range paths[:min(len(paths), maxNamed)] {
		n.messages.sayf("Note: %q %s", path, note)
	}
	if more := len(paths) - maxNamed; more > 0 {
		n.messages.sayf("Note: the same applies to %s", plural.Count(more, "more file"))
	}
}

// noteResume says how an interrupted fetch is resumed; count files are complete.
func (n notes) noteResume(out *Outcome, count int) {
	switch {
	case count > 0:
		n.messages.sayLines("", fmt.Sprintf("Completed files are in %s. Run the same command again to resume.", out.Destination()))
	case out.maxReceived > 0 && out.Transport != "tar":
		n.messages.sayLines("", "Run the same command again to resume.")
	}
}

// explainMissing returns the error for a PATH that does not exist on the volume.
func (f *jobFetch) explainMissing(missing *transfer.MissingPathError) error {
	pattern := firstPattern(missing.Paths)
	switch {
	case f.request.lastPathIsLocal():
		return f.request.localPathError(f.config.Commands)
	case pattern != "":
		return fmt.Errorf("no file %q on %s; to select files by a pattern, use --include=%s", pattern, f.location.label(), f.config.Commands.Quote(pattern))
	}
	return fmt.Errorf("%s: %w", f.location.label(), missing)
}

// firstPattern returns the first path with characters of a glob: PATH is the name of one file or directory.
func firstPattern(paths []string) string {
	i := slices.IndexFunc(paths, func(path string) bool { return strings.ContainsAny(path, "*?[") })
	if i < 0 {
		return ""
	}
	return paths[i]
}

// checkEmpty returns the error of a fetch without files, if there can be some; otherwise nil.
func (f *jobFetch) checkEmpty(result transfer.Result) error {
	switch {
	case !result.Empty():
		return nil
	case !f.request.Filter.All():
		return fmt.Errorf("no file on %s matches --include and --exclude", f.location.label())
	case f.location.unfinished():
		return fmt.Errorf("%s is empty: job %s has written nothing to %s yet", f.location.label(), f.location.job.Name, f.location.Path)
	}
	return nil
}

// describeEmpty says what has no files.
func (f *jobFetch) describeEmpty() string {
	l := f.location
	named := func(name string) string { return f.request.named(l.namespace, name) }
	switch {
	case !l.All:
		return fmt.Sprintf("the selected paths of claim %s are empty", named(l.claim.Name))
	case l.job == nil:
		return fmt.Sprintf("claim %s is empty", named(l.claim.Name))
	case l.unfinished():
		return fmt.Sprintf("job %s has written no files to %s yet", named(l.job.Name), l.Path)
	}
	return fmt.Sprintf("job %s wrote no files to %s", named(l.job.Name), l.Path)
}

// largeTransfer is the size from which on a transfer should not pass through the API server, which all users share.
const largeTransfer = 5 << 30

// bucketHint returns a note for a transfer of so many bytes; empty up to largeTransfer.
func bucketHint(bytes int64) string {
	if bytes <= largeTransfer {
		return ""
	}
	return fmt.Sprintf("Note: fetch transfers %s through the API server, which all users of the cluster share; to transfer through an S3 bucket, use --via=s3://BUCKET",
		humanize.IBytes(uint64(bytes)))
}
