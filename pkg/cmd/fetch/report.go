package fetch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// report turns what went wrong into words, and says what would surprise later.
func (o *Options) report(from *found, out *outcome, result transfer.Result, err error) error {
	missing, isMissing := errors.AsType[*transfer.MissingPathError](err)
	none := o.nothingFetched(from, result)
	switch {
	case isMissing:
		err = o.missingPath(from, missing)
	case err == nil && none != nil:
		err = none
	default:
		if err == nil && result.NoFiles() && o.engine.Filter.All() {
			out.noFiles = o.noFiles(from)
		}
		o.list(result)
		o.notes(out, result, err)
	}
	if err != nil {
		out.Error = err.Error()
	}
	return err
}

// missingPath says what can be meant by a PATH that does not exist on the claim.
func (o *Options) missingPath(from *found, missing *transfer.MissingPathError) error {
	glob := globIn(missing.Paths)
	switch {
	case o.lastIsLocal():
		return o.destinationMeant()
	case glob != "":
		return fmt.Errorf("no file %q on %s; to select files by a pattern, use --include=%s", glob, from.label(), factory.Quoted(glob))
	}
	return fmt.Errorf("%s: %w", from.label(), missing)
}

// nothingFetched returns the error of a fetch that found nothing although there can be something; else nil.
func (o *Options) nothingFetched(from *found, result transfer.Result) error {
	switch {
	case !result.Empty():
		return nil
	case !o.engine.Filter.All():
		return fmt.Errorf("no file on %s matches --include and --exclude", from.label())
	case unfinished(from):
		return fmt.Errorf("%s is empty: job %s has written nothing to %s yet", from.label(), from.job.Name, from.Path)
	}
	return nil
}

// globIn returns the first of paths that is a pattern: PATH is the name of one file or directory.
func globIn(paths []string) string {
	i := slices.IndexFunc(paths, func(path string) bool { return strings.ContainsAny(path, "*?[") })
	if i < 0 {
		return ""
	}
	return paths[i]
}

// notes says what the person would be surprised by later.
func (o *Options) notes(out *outcome, result transfer.Result, err error) {
	if why := o.unrecorded(result); why != "" {
		o.factory.Say(fmt.Sprintf("Note: a later fetch will not recognize these files as its own, because the receipt was not saved: %s; set XDG_CACHE_HOME to a writable directory", why))
	}
	o.noteSkipped(result.Skipped)
	o.noteFiles(result.Growing, "grew while it was read; only the beginning was copied")
	o.noteFiles(result.Unsettled, "may have changed while it was read: it was modified less than a minute earlier")
	count := result.Files + result.HardLinks
	if err == nil && len(o.paths) > 0 && count+result.Dirs == 0 && result.Symlinks > 0 {
		o.factory.Say("Note: PATH is a symbolic link and was copied as a link; to copy its target, use the path of the target")
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		o.noteResume(out, count)
	}
}

// noteResume says how an interrupted fetch is continued, of which count files are complete.
func (o *Options) noteResume(out *outcome, count int) {
	switch {
	case count > 0:
		o.factory.SayLines("", fmt.Sprintf("Completed files are in %s. Run the same command again to resume.", out.place()))
	case out.most > 0 && out.Transport != "tar":
		o.factory.SayLines("", "Run the same command again to resume.")
	}
}

// unrecorded says why no receipt remembers what was written, "" where one does or nothing was.
func (o *Options) unrecorded(result transfer.Result) string {
	written := result.Files + result.Symlinks + result.HardLinks - result.Kept
	switch {
	case result.ReceiptError != nil:
		return result.ReceiptError.Error()
	case o.factory.CacheDir == "" && written > 0 && !o.engine.Plan && o.engine.To.Bucket == "":
		return "neither HOME nor XDG_CACHE_HOME is set"
	}
	return ""
}

// noteSkipped names the first of what was skipped, and counts the rest.
func (o *Options) noteSkipped(skipped []transfer.Refusal) {
	for _, one := range skipped[:min(len(skipped), errorNames)] {
		o.factory.Say("Note: skipped " + one.String())
	}
	if more := len(skipped) - errorNames; more > 0 {
		o.factory.Say(fmt.Sprintf("Note: skipped %s more; use -o json to list all of them", humanize.Comma(int64(more))))
	}
}

// noteFiles says something about each of the first files, and how many more it is true of.
func (o *Options) noteFiles(paths []string, what string) {
	for _, path := range paths[:min(len(paths), errorNames)] {
		o.factory.Say(fmt.Sprintf("Note: %q %s", path, what))
	}
	if more := len(paths) - errorNames; more > 0 {
		o.factory.Say(fmt.Sprintf("Note: the same applies to %d more files", more))
	}
}

// errorNames is how many entries the text of an error names.
const errorNames = 5

// list names all that was left out, where the error itself names only the first.
func (o *Options) list(result transfer.Result) {
	if len(result.Refused) > errorNames {
		for _, refusal := range result.Refused {
			o.factory.Say("could not copy " + refusal.String())
		}
	}
	if len(result.Messages) > errorNames {
		for _, message := range result.Messages {
			o.factory.Say("In the pod: " + message)
		}
	}
}

func unfinished(from *found) bool { return from.job != nil && job.End(from.job) == nil }

// shown returns the name of an object, with its namespace where there can be several.
func (o *Options) shown(name string) string {
	if o.selection.Everywhere {
		return o.namespace + "/" + name
	}
	return name
}

// noFiles says what holds no files.
func (o *Options) noFiles(from *found) string {
	switch {
	case !from.All:
		return fmt.Sprintf("the selected paths of claim %s are empty", o.shown(from.claim.Name))
	case from.job == nil:
		return fmt.Sprintf("claim %s is empty", o.shown(from.claim.Name))
	case unfinished(from):
		return fmt.Sprintf("job %s has written no files to %s yet", o.shown(from.job.Name), from.Path)
	}
	return fmt.Sprintf("job %s wrote no files to %s", o.shown(from.job.Name), from.Path)
}

// tell prints the sentence about one fetch; out may be nil.
func (o *Options) tell(out *outcome) error {
	if o.json || out == nil {
		return nil
	}
	if text := out.sentence(); text != "" {
		return o.factory.Answer(text)
	}
	return nil
}

// print prints v with -o json.
func (o *Options) print(v any) error {
	if !o.json {
		return nil
	}
	text, err := printable.JSON(v, "    ")
	if err == nil {
		_, err = o.factory.Streams.Out.Write(text)
	}
	return err
}

// end gives the error that ends the command its status, and programs their event.
func (o *Options) end(ctx context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), errTimeout) {
		err = &exit.Error{Status: exit.Timeout, Err: fmt.Errorf("%w after %s (--timeout)", errTimeout, o.engine.Timeout)}
	}
	silent := &exit.Error{}
	said := errors.As(err, &silent) && silent.Err == nil
	if err == nil || said || errors.Is(err, context.Canceled) || !o.progress.Fail(err) {
		return err
	}
	return exit.Silently(exit.Status(err))
}
