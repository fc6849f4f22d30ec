package fetch

import (
	"context"
	"errors"
	"fmt"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// report turns what went wrong into words, and says what would surprise later.
func (o *Options) report(from *found, out *outcome, result transfer.Result, err error) error {
	var missing *transfer.MissingPathError
	switch {
	case errors.As(err, &missing) && o.lastIsLocal():
		err = o.destinationMeant()
	case errors.As(err, &missing):
		err = fmt.Errorf("claim %q: %w", from.claim.Name, err)
	case err == nil && result.Empty() && !o.engine.Filter.All():
		err = fmt.Errorf("nothing on claim %q is what --include and --exclude leave", from.claim.Name)
	case err == nil && result.Empty():
		err = fmt.Errorf("claim %q is empty: %s wrote nothing to %s", from.claim.Name, writer(from), from.Path)
	default:
		o.list(result)
		o.notes(out, result, err)
	}
	if err != nil {
		out.Error = err.Error()
	}
	return err
}

// notes says what the person would be surprised by later.
func (o *Options) notes(out *outcome, result transfer.Result, err error) {
	if result.ReceiptError != nil {
		o.factory.Say(fmt.Sprintf("Note: a later fetch will not know these files as its own: %v", result.ReceiptError))
	}
	o.growing(result.Growing)
	count := result.Files + result.HardLinks
	if err == nil && len(o.paths) > 0 && count+result.Dirs == 0 && result.Symlinks > 0 {
		o.factory.Say("Note: what was asked for is a symbolic link, and came as one: what it leads to has a path of its own")
	}
	stopped := errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
	switch {
	case stopped && count > 0:
		o.factory.Say(fmt.Sprintf("\nWhat has arrived whole is in %s; the same command again goes on from there", out.place()))
	case stopped && out.most > 0 && out.Transport != "tar":
		o.factory.Say("\nThe same command again goes on from where this one stopped")
	}
}

// growing names the files of which only the beginning is here.
func (o *Options) growing(paths []string) {
	for _, path := range paths[:min(len(paths), errorNames)] {
		o.factory.Say(fmt.Sprintf("Note: %s got longer while it was read: what is here is its beginning", path))
	}
	if more := len(paths) - errorNames; more > 0 {
		o.factory.Say(fmt.Sprintf("Note: and so did %d more files", more))
	}
}

// errorNames is how many entries the text of an error names.
const errorNames = 5

// list names all that was left out, where the error itself names only the first.
func (o *Options) list(result transfer.Result) {
	if len(result.Refused) > errorNames {
		for _, refusal := range result.Refused {
			o.factory.Say("left out " + refusal.String())
		}
	}
	if len(result.Messages) > errorNames {
		for _, message := range result.Messages {
			o.factory.Say("in the pod: " + message)
		}
	}
}

func writer(from *found) string {
	if from.job != nil {
		return "job " + from.job.Name
	}
	return "its job"
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
	text, err := document(v)
	if err == nil {
		_, err = o.factory.Streams.Out.Write(text)
	}
	return err
}

// end gives the error that ends the command its status, and programs their event.
func (o *Options) end(ctx context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), errTimeout) {
		err = &exit.Error{Status: exit.Timeout, Err: fmt.Errorf("%w after %s", errTimeout, o.engine.Timeout)}
	}
	silent := &exit.Error{}
	said := errors.As(err, &silent) && silent.Err == nil
	if err == nil || said || errors.Is(err, context.Canceled) || !o.progress.Fail(err) {
		return err
	}
	return exit.Silently(exit.Status(err))
}
