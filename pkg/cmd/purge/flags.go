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
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/selector"
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
	Select                   selector.Flags
	Keep                     int
	KeepBy                   string
	Fetched, Owned           bool
	IgnoreNotFound           bool
	Volumes, Discard, Anyone bool
	Yes, Wait                bool
	DryRun, Timeout, Output  string
}

// AddFlags declares the flags.
func (o *Flags) AddFlags(flags *pflag.FlagSet) {
	section.Add(flags, "Selection", o.addWhich)
	section.Add(flags, "Volumes", func(flags *pflag.FlagSet) {
		flags.BoolVar(&o.Volumes, "volumes", false, "Also the results claims that run made and whose results were fetched since the job finished, also where the job is gone")
		flags.BoolVar(&o.Discard, "discard-unfetched", false, "With --volumes: also those whose results were never fetched. They are lost")
		flags.BoolVar(&o.Anyone, "fetched-by-anyone", false, "With --volumes or --fetched: count a fetch by any user, not only by the user whose job it is")
	})
	section.Add(flags, "Deletion", func(flags *pflag.FlagSet) {
		flags.BoolVarP(&o.Yes, "yes", "y", false, "Delete without asking")
		flags.BoolVar(&o.Wait, "wait", false, "Wait until all of it is really gone, and say what holds whatever stays")
		flags.StringVar(&o.Timeout, "timeout", "", "Give up after this long, with exit status 124 ("+duration.Forms+")")
		flags.StringVar(&o.DryRun, "dry-run", dryRunNone, "none, client (show what would be deleted) or server (let the server check it, delete nothing)")
		flags.Lookup("dry-run").NoOptDefVal = dryRunClient
		flags.StringVarP(&o.Output, "output", "o", "", "name, or json: an object for each thing, on a line of its own")
	})
}

func (o *Flags) addWhich(flags *pflag.FlagSet) {
	o.Select.AddTo(flags)
	flags.IntVar(&o.Keep, "keep", 0, "Keep the N newest matching jobs in each namespace (applied before --older-than and --newer-than)")
	flags.StringVar(&o.KeepBy, "keep-by", "", "With --keep: keep N for each value of this label")
	flags.BoolVar(&o.Fetched, "fetched", false, "Only jobs whose results were fetched, or that had none")
	flags.BoolVar(&o.Owned, "owned", false, "Also jobs that something else looks after: a controller such as a CronJob, Helm, Argo CD or Flux")
	flags.BoolVar(&o.IgnoreNotFound, "ignore-not-found", false, "A name that does not exist is no error")
}

// ToOptions parses every string once.
func (o *Flags) ToOptions(f *factory.Factory, args []string) (*Options, error) {
	options := &Options{
		factory: f, keepBy: o.KeepBy, missing: o.IgnoreNotFound, volumes: o.Volumes, discard: o.Discard,
		dryRun: o.DryRun, yes: o.Yes, wait: o.Wait, answer: answer{factory: f, format: o.Output, dryRun: o.DryRun},
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
	options.namespace = options.chosen.Namespace(options.namespace)
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
	case names > 0 && o.Keep != 0:
		return errors.New("job names and --keep are mutually exclusive")
	case len(options.claims) > 0 && !o.Volumes:
		return fmt.Errorf("pvc/%s: a claim goes with --volumes only", options.claims[0])
	case o.Discard && !o.Volumes:
		return errors.New("--discard-unfetched requires --volumes")
	case o.Anyone && !o.Volumes && !o.Fetched:
		return errors.New("--fetched-by-anyone requires --volumes or --fetched")
	}
	if err := o.checkHow(); err != nil {
		return err
	}
	selection, err := o.Select.Parse(names)
	if err != nil {
		return err
	}
	options.chosen, options.answer.everywhere = selection, selection.Everywhere
	options.selection.Selection = selection.Selection
	return selection.Finished("deleted")
}

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
	s.Keep, s.Fetched, s.Owned, s.Viewer.Anyone = o.Keep, o.Fetched, o.Owned, o.Anyone
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
	if o.Timeout != "" {
		if options.timeout, err = duration.Parse(o.Timeout); err != nil {
			return fmt.Errorf("--timeout: %w", err)
		}
	}
	return nil
}
