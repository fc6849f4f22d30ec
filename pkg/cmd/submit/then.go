package submit

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/pflag"
	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/outcome"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/volume"
)

// thenFlags say what to do once the job is made.
type thenFlags struct {
	Wait, Follow, Fetch, Remove bool
	Dir                         string
}

func (o *thenFlags) addTo(flags *pflag.FlagSet) {
	flags.BoolVar(&o.Wait, "wait", false, "Wait until the job is finished and end with its exit status")
	flags.BoolVar(&o.Follow, "follow", false, "Print the logs of its pods until it is finished, and end with its exit status")
	flags.BoolVar(&o.Fetch, "fetch", false, "Wait, then copy its results here, also after a failure")
	flags.BoolVar(&o.Remove, "rm", false, "Wait, and when it has completed delete it with all that run made for it; with --results only after --fetch has brought them whole")
	flags.StringVarP(&o.Dir, "dir", "d", "", "Folder that --fetch copies to (default: ./NAME)")
}

func (o *thenFlags) parse(r *Request) error {
	r.then.wait, r.then.follow, r.then.fetch, r.then.remove, r.then.dir = o.Wait, o.Follow, o.Fetch, o.Remove, o.Dir
	for _, one := range []struct {
		flag string
		on   bool
	}{{"--wait", o.Wait}, {"--follow", o.Follow}, {"--fetch", o.Fetch}, {"--rm", o.Remove}} {
		if one.on && r.dryRun != dryRunNone {
			return fmt.Errorf("%s and --dry-run=%s exclude each other", one.flag, r.dryRun)
		}
	}
	switch {
	case o.Follow && !r.print.lines:
		return errors.New("--follow and -o exclude each other: both write to the output")
	case o.Dir != "" && !o.Fetch:
		return errors.New("-d goes with --fetch")
	}
	return nil
}

// then is what comes after the making.
type then struct {
	wait, follow, fetch, remove bool
	dir                         string
	fetcher                     Fetch
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
	if r.then.follow {
		r.follow(ctx, made)
	}
	known, ended := r.await(ctx, made)
	if !known {
		return ended
	}
	var err error
	if r.then.fetch {
		err = r.then.fetcher.Results(ctx, made.Name, r.then.dir, r.print.json)
	}
	switch {
	case err == nil && r.then.remove:
		return r.remove(ctx, made, ended)
	case err == nil:
		return ended
	case ctx.Err() != nil || ended == nil:
		return r.then.toolError(bareError(err))
	}
	return &exit.Error{Status: exit.Status(ended), Err: err}
}

// bareError takes the status off an error.
func bareError(err error) error {
	if has, ok := errors.AsType[*exit.Error](err); ok && has.Err != nil {
		return has.Err
	}
	return err
}

// follow prints the logs. How the job ended does not depend on it.
func (r *Request) follow(ctx context.Context, made *batchv1.Job) {
	err := job.FollowLogs(ctx, r.client, made, r.factory.Streams.Out, r.factory.Say)
	if err != nil && ctx.Err() == nil {
		r.factory.Say("Note: " + err.Error())
	}
}

// await waits for the job and returns its status as an error; known is false where
// the waiting itself failed.
func (r *Request) await(ctx context.Context, made *batchv1.Job) (known bool, ended error) {
	waiter := outcome.Waiter{Factory: r.factory, Client: r.client, JSON: r.print.json, Aside: !r.print.lines && !r.print.json}
	outcomes, err := waiter.Wait(ctx, made)
	if len(outcomes) != 1 || outcomes[0].Job == nil || ctx.Err() != nil {
		return false, err
	}
	if r.spec.Storage.Results != "" {
		r.record(ctx, outcomes[0])
	}
	return true, err
}

// record writes onto the results claim which user the job ran as, for a fetch
// when job and pods are gone. It is a courtesy: fetch works without it.
func (r *Request) record(ctx context.Context, outcome job.Outcome) {
	ran, ok := helper.Ran(outcome.Pods, spec.Default(&outcome.Job.Spec.Template).Name)
	if !ok {
		return
	}
	claim, err := r.client.CoreV1().PersistentVolumeClaims(r.namespace).Get(ctx, r.spec.Storage.Results, metav1.GetOptions{})
	if err == nil {
		err = volume.Record(ctx, r.client, claim, ran.Text())
	}
	if err != nil {
		r.factory.Say(fmt.Sprintf("Note: which user the job ran as was not recorded: %v", err))
	}
}
