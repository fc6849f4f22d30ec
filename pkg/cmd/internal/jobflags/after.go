package jobflags

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flagvalue"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/outcome"
	"github.com/kubectl-batch/kubectl-batch/pkg/duration"
)

// afterFlags say what follows the creation of the job.
type afterFlags struct {
	Wait, Follow, Fetch, Remove bool
	Dir                         string
	Timeout, FailFast           string
}

func (o *afterFlags) addTo(flags *pflag.FlagSet) {
	flags.BoolVar(&o.Wait, "wait", false, "Wait until the job is finished, and exit with its exit status")
	flags.BoolVar(&o.Follow, "follow", false, "Print the logs of the pods until the job is finished, and exit with its exit status")
	flags.BoolVar(&o.Fetch, "fetch", false, "Wait, then copy the results to --dir, even if the job failed")
	flags.BoolVar(&o.Remove, "rm", false, "Wait; if the job completed, delete it and all objects that run created for it, including its results claim; with --results, also give --fetch, and the fetch must be complete")
	flags.StringVar(&o.Timeout, "timeout", "", "Stop waiting for the job after `DURATION`, with exit status 124; the job continues ("+duration.Forms+")")
	outcome.AddFailFast(flags, &o.FailFast)
	flags.StringVarP(&o.Dir, "dir", "d", "", "Destination directory of --fetch (default: ./NAME)")
}

func (o *afterFlags) parse(p *parser) error {
	after := &p.request.After
	after.Wait = o.Wait
	after.Follow = o.Follow
	after.Fetch = o.Fetch
	after.Remove = o.Remove
	after.Dir = o.Dir
	for _, flag := range []struct {
		name  string
		typed bool
	}{{"--wait", o.Wait}, {"--follow", o.Follow}, {"--fetch", o.Fetch}, {"--rm", o.Remove}} {
		if flag.typed && !p.job.DryRun.Persists() {
			return fmt.Errorf("%s and --dry-run=%s are mutually exclusive", flag.name, p.job.DryRun)
		}
	}
	if err := o.parseLimits(p); err != nil {
		return err
	}
	switch {
	case o.Follow && !p.request.Printer.PrintsLines():
		return errors.New("--follow and -o are mutually exclusive: both write to stdout")
	case o.Dir != "" && !o.Fetch:
		return errors.New("-d requires --fetch")
	}
	return nil
}

// parseLimits parses how long to wait for the job.
func (o *afterFlags) parseLimits(p *parser) (err error) {
	after := &p.request.After
	for _, flag := range []struct{ name, text string }{{"--timeout", o.Timeout}, {"--fail-fast", o.FailFast}} {
		if flag.text != "" && !after.Waits() {
			return fmt.Errorf("%s requires --wait, --follow, --fetch or --rm", flag.name)
		}
	}
	if after.Timeout, err = flagvalue.ParseTimeLimit("--timeout", o.Timeout); err != nil {
		return err
	}
	after.FailFast, err = flagvalue.ParseTimeLimit("--fail-fast", o.FailFast)
	return err
}
