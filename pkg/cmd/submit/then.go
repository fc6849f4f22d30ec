package submit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"
	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flagvalue"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/outcome"
	"github.com/kubectl-batch/kubectl-batch/pkg/duration"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
)

// thenFlags say what to do once the job is made.
type thenFlags struct {
	Wait, Follow, Fetch, Remove bool
	Dir                         string
	Timeout, FailFast           string
}

func (o *thenFlags) addTo(flags *pflag.FlagSet) {
	flags.BoolVar(&o.Wait, "wait", false, "Wait until the job is finished, and exit with its exit status")
	flags.BoolVar(&o.Follow, "follow", false, "Print the logs of the pods until the job is finished, and exit with its exit status")
	flags.BoolVar(&o.Fetch, "fetch", false, "Wait, then copy the results to --dir, even if the job failed")
	flags.BoolVar(&o.Remove, "rm", false, "Wait; if the job completed, delete it and all objects that run created for it, including its results claim; with --results, this requires a complete --fetch")
	flags.StringVar(&o.Timeout, "timeout", "", "Stop waiting for the job after `DURATION`, with exit status 124; the job continues ("+duration.Forms+")")
	outcome.AddFailFast(flags, &o.FailFast)
	flags.StringVarP(&o.Dir, "dir", "d", "", "Destination directory of --fetch (default: ./NAME)")
}

func (o *thenFlags) parse(r *Request) error {
	r.then.wait, r.then.follow, r.then.fetch, r.then.remove, r.then.dir = o.Wait, o.Follow, o.Fetch, o.Remove, o.Dir
	for _, one := range []struct {
		flag string
		on   bool
	}{{"--wait", o.Wait}, {"--follow", o.Follow}, {"--fetch", o.Fetch}, {"--rm", o.Remove}} {
		if one.on && r.dryRun != dryRunNone {
			return fmt.Errorf("%s and --dry-run=%s are mutually exclusive", one.flag, r.dryRun)
		}
	}
	if err := o.parseTimes(r); err != nil {
		return err
	}
	switch {
	case o.Follow && !r.print.lines:
		return errors.New("--follow and -o are mutually exclusive: both write to stdout")
	case o.Dir != "" && !o.Fetch:
		return errors.New("-d requires --fetch")
	}
	return nil
}

// parseTimes reads how long the job is waited for.
func (o *thenFlags) parseTimes(r *Request) (err error) {
	for _, one := range []struct{ flag, text string }{{"--timeout", o.Timeout}, {"--fail-fast", o.FailFast}} {
		if one.text != "" && !r.then.any() {
			return fmt.Errorf("%s requires --wait, --follow, --fetch or --rm", one.flag)
		}
	}
	if r.then.timeout, err = flagvalue.ParseTimeLimit("--timeout", o.Timeout); err != nil {
		return err
	}
	r.then.patience, err = flagvalue.ParseTimeLimit("--fail-fast", o.FailFast)
	return err
}

// then is what comes after the making.
type then struct {
	wait, follow, fetch, remove bool
	dir                         string
	fetcher                     Fetch
	// timeout is how long the job is waited for, 0 for ever; patience is outcome.Waiter's.
	timeout, patience time.Duration
}

func (t then) any() bool { return t.wait || t.follow || t.fetch || t.remove }

// toolError gives an error the status that tells it from the job's own.
func (t then) toolError(err error) error {
	if t.any() {
		return exit.With(exit.Tool, err)
	}
	return err
}

// goOn follows, waits and fetches, and ends with the job's status; where the job
// went well and the results did not come, not with 0.
func (r *Request) goOn(ctx context.Context, made *batchv1.Job) error {
	if !r.then.any() {
		return nil
	}
	last, ended := r.await(ctx, made)
	if last == nil {
		return ended
	}
	var err error
	if r.then.fetch {
		err = r.then.fetcher.Results(ctx, last, Fetching{Dir: r.then.dir, JSON: r.print.json, Quiet: r.factory.Quiet})
	}
	switch {
	case err == nil && r.then.remove:
		return r.remove(ctx, last, ended)
	case err == nil:
		return ended
	case ctx.Err() != nil || ended == nil:
		return r.then.toolError(exit.Bare(err))
	}
	return &exit.Error{Status: exit.Status(ended), Err: err}
}

// await follows or waits for the job and returns its last state, and its status as an error. Where the
// waiting itself failed there is no state.
func (r *Request) await(ctx context.Context, made *batchv1.Job) (last *batchv1.Job, ended error) {
	if r.then.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.then.timeout)
		defer cancel()
	}
	waiter := outcome.Waiter{
		Factory: r.factory, Client: r.client, JSON: r.print.json, Aside: !r.print.lines && !r.print.json,
		Patience: r.then.patience, Resume: r.resume(made.Name),
	}
	var end job.Outcome
	var err error
	if r.then.follow {
		end, err = waiter.Follow(ctx, made, func(lost error) { r.factory.Say("Note: " + printable.Error(lost)) })
	} else {
		var outcomes []job.Outcome
		outcomes, err = waiter.Wait(ctx, made)
		end = outcomes[0]
	}
	if _, deleted := errors.AsType[*job.DeletedError](err); deleted && r.spec.Storage.Results != "" {
		r.factory.Say("The results are kept on claim " + r.spec.Storage.Results + ". To fetch them, run: " + r.factory.Line("fetch", "pvc/"+r.spec.Storage.Results))
	}
	if end.Job == nil || ctx.Err() != nil {
		return nil, err
	}
	if r.spec.Storage.Results != "" {
		r.record(ctx, end)
	}
	return end.Job, err
}

// resume returns the command line that continues what was asked after Ctrl-C, and what
// else is to be said then.
func (r *Request) resume(name string) []string {
	line := r.factory.Line("wait", name)
	if r.then.follow {
		line = r.factory.Line("logs", name, "-f")
	}
	if r.then.fetch {
		words := []string{"fetch", name}
		if r.then.dir != "" {
			words = append(words, "-d", r.then.dir)
		}
		line += "; " + r.factory.Line(words...)
	}
	if r.then.remove {
		return []string{line, "The job was not deleted. To delete it when it is finished, run: " + r.factory.Line("purge", name)}
	}
	return []string{line}
}

// record writes onto the results claim which user the job ran as, for a fetch
// when job and pods are gone. It is a courtesy: fetch works without it.
func (r *Request) record(ctx context.Context, outcome job.Outcome) {
	ran, ok := helper.Ran(outcome.Pods, spec.Default(&outcome.Job.Spec.Template).Name)
	if !ok {
		return
	}
	pvc, err := r.client.CoreV1().PersistentVolumeClaims(r.namespace).Get(ctx, r.spec.Storage.Results, metav1.GetOptions{})
	if err == nil {
		err = claim.RecordUser(ctx, r.client, pvc, ran.Text())
	}
	if err != nil {
		r.factory.Say(fmt.Sprintf("Note: the user of the job was not recorded on its results claim: %v", err))
	}
}

// declaredUser returns who the job runs as, as JSON; "" where its image decides. It is written onto the results
// claim before the job exists: later the job and its pods can be gone before any command looks at them.
func declaredUser(made *batchv1.Job) string {
	template := &made.Spec.Template
	identity, ok := helper.DeclaredIdentity(template.Spec, spec.Default(template).Name)
	if !ok {
		return ""
	}
	return identity.Text()
}
