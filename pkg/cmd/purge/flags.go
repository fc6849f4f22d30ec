package purge

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/filter"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/section"
	"github.com/kubectl-batch/kubectl-batch/pkg/duration"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
)

// How much of it is done.
const (
	dryRunNone   = "none"
	dryRunClient = "client"
	dryRunServer = "server"
)

// Flags is what was typed.
type Flags struct {
	Completed, Failed, Cancelled bool
	Filter                       filter.Flags
	OlderThan                    string
	Keep                         int
	KeepBy                       string
	Fetched, Owned               bool
	IgnoreNotFound               bool
	Volumes, Discard             bool
	Yes, Wait                    bool
	DryRun, Timeout, Output      string
}

// AddFlags declares the flags.
func (o *Flags) AddFlags(flags *pflag.FlagSet) {
	section.Add(flags, "Which", o.addWhich)
	section.Add(flags, "With them", func(flags *pflag.FlagSet) {
		flags.BoolVar(&o.Volumes, "volumes", false, "Also the results claims that run made and whose results were fetched since the job finished, also where the job is gone")
		flags.BoolVar(&o.Discard, "discard-unfetched", false, "With --volumes: also those whose results were never fetched. They are lost")
	})
	section.Add(flags, "How", func(flags *pflag.FlagSet) {
		flags.BoolVarP(&o.Yes, "yes", "y", false, "Delete without asking")
		flags.BoolVar(&o.Wait, "wait", false, "Wait until all of it is really gone, and say what holds whatever stays")
		flags.StringVar(&o.Timeout, "timeout", "", "Give up after this long, with exit status 124 ("+duration.Forms+")")
		flags.StringVar(&o.DryRun, "dry-run", dryRunNone, "none, client (show what would be deleted) or server (let the server check it, delete nothing)")
		flags.Lookup("dry-run").NoOptDefVal = dryRunClient
		flags.StringVarP(&o.Output, "output", "o", "", "name, or json: an object for each thing, on a line of its own")
	})
}

func (o *Flags) addWhich(flags *pflag.FlagSet) {
	flags.BoolVar(&o.Completed, "completed", false, "Jobs that completed (these alone by default)")
	flags.BoolVar(&o.Failed, "failed", false, "Jobs that failed")
	flags.BoolVar(&o.Cancelled, "cancelled", false, "Jobs that cancel ended")
	o.Filter.AddTo(flags)
	flags.StringVar(&o.OlderThan, "older-than", "", "Only jobs that finished longer ago than this ("+duration.Forms+")")
	flags.IntVar(&o.Keep, "keep", 0, "The newest so many of what the filters above but --older-than choose stay, in each namespace, counted before --older-than")
	flags.StringVar(&o.KeepBy, "keep-by", "", "With --keep: so many for each value of this label")
	flags.BoolVar(&o.Fetched, "fetched", false, "Only jobs whose results were fetched, or that had none")
	flags.BoolVar(&o.Owned, "owned", false, "Also jobs that something else looks after: a controller such as a CronJob, Helm, Argo CD or Flux")
	flags.BoolVar(&o.IgnoreNotFound, "ignore-not-found", false, "A name that does not exist is no error")
}

// ToOptions parses every string once.
func (o *Flags) ToOptions(f *factory.Factory, args []string) (*Options, error) {
	options := &Options{
		factory: f, filter: o.Filter, keepBy: o.KeepBy, missing: o.IgnoreNotFound, volumes: o.Volumes, discard: o.Discard,
		dryRun: o.DryRun, yes: o.Yes, wait: o.Wait, answer: answer{factory: f, format: o.Output, dryRun: o.DryRun, everywhere: o.Filter.AllNamespaces},
	}
	for _, parse := range []func(*Options) error{
		func(options *Options) error { return options.parseNames(args) }, o.check, o.parseSelection, o.parseTimes,
	} {
		if err := parse(options); err != nil {
			return nil, exit.With(exit.Usage, err)
		}
	}
	var err error
	if options.client, err = f.Client.Bulk(); err != nil {
		return nil, err
	}
	options.namespace, err = f.Client.Namespace()
	options.namespace = o.Filter.Namespace(options.namespace)
	return options, err
}

// parseNames parts jobs from claims.
func (o *Options) parseNames(args []string) error {
	for _, arg := range args {
		kind, name, ok := strings.Cut(arg, "/")
		if !ok || !slices.Contains([]string{"pvc", "persistentvolumeclaim", "persistentvolumeclaims"}, strings.ToLower(kind)) {
			ref, err := job.ParseRef(arg)
			if err != nil {
				return err
			}
			o.refs = append(o.refs, ref)
			continue
		}
		if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 {
			return fmt.Errorf("%q is not the name of a claim: %s", arg, problems[0])
		}
		o.claims = append(o.claims, name)
	}
	return nil
}

func (o *Flags) check(options *Options) error {
	names := len(options.refs) + len(options.claims)
	switch {
	case names > 0 && o.byState():
		return errors.New("names exclude --completed, --failed, --cancelled and --keep: a job that is named goes whichever way it ended")
	case len(options.claims) > 0 && !o.Volumes:
		return fmt.Errorf("pvc/%s: a claim goes with --volumes only", options.claims[0])
	case o.Discard && !o.Volumes:
		return errors.New("--discard-unfetched goes with --volumes")
	}
	if err := o.checkHow(); err != nil {
		return err
	}
	return o.Filter.Check(names)
}

// byState reports whether jobs are chosen by what became of them, and not by name.
func (o *Flags) byState() bool { return o.Completed || o.Failed || o.Cancelled || o.Keep != 0 }

func (o *Flags) checkHow() error {
	switch {
	case !slices.Contains([]string{dryRunNone, dryRunClient, dryRunServer}, o.DryRun):
		return fmt.Errorf("--dry-run=%q: none, client or server is expected", o.DryRun)
	case o.Wait && o.DryRun != dryRunNone:
		return fmt.Errorf("--wait and --dry-run=%s exclude each other: nothing will go", o.DryRun)
	case o.Timeout != "" && !o.Wait:
		return errors.New("--timeout goes with --wait")
	case !slices.Contains([]string{"", "name", "json"}, o.Output):
		return fmt.Errorf("-o %s: name or json is expected", o.Output)
	}
	return nil
}

func (o *Flags) parseSelection(options *Options) error {
	s := &options.selection
	s.Keep, s.Fetched, s.Owned = o.Keep, o.Fetched, o.Owned
	for _, state := range []struct {
		on bool
		is job.State
	}{{o.Completed, job.Complete}, {o.Failed, job.Failed}, {o.Cancelled, job.Cancelled}} {
		if state.on {
			s.States = append(s.States, state.is)
		}
	}
	switch {
	case o.Keep < 0:
		return fmt.Errorf("--keep=%d: how many stay is expected", o.Keep)
	case o.KeepBy != "" && o.Keep == 0:
		return errors.New("--keep-by goes with --keep")
	}
	if problems := validation.IsQualifiedName(o.KeepBy); o.KeepBy != "" && len(problems) > 0 {
		return fmt.Errorf("--keep-by=%q: the key of a label is expected: %s", o.KeepBy, problems[0])
	}
	return nil
}

func (o *Flags) parseTimes(options *Options) (err error) {
	if o.OlderThan != "" {
		if options.selection.OlderThan, err = duration.Parse(o.OlderThan); err != nil {
			return fmt.Errorf("--older-than: %w", err)
		}
	}
	if o.Timeout != "" {
		if options.timeout, err = duration.Parse(o.Timeout); err != nil {
			return fmt.Errorf("--timeout: %w", err)
		}
	}
	return nil
}
