package purge

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flaghelp"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flagvalue"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/selector"
	"github.com/kubectl-batch/kubectl-batch/pkg/duration"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/spelling"
)

// Flags is what was typed.
type Flags struct {
	Select                   selector.Flags
	Keep                     int
	keepFlag                 *pflag.Flag
	KeepBy                   string
	Fetched, Owned           bool
	IgnoreNotFound           bool
	Volumes, Discard, Anyone bool
	Yes, Wait                bool
	DryRun, Timeout, Output  string
}

// AddFlags declares the flags.
func (o *Flags) AddFlags(flags *pflag.FlagSet) {
	flaghelp.AddSection(flags, "Selection", o.addWhich)
	flaghelp.AddSection(flags, "Volumes", func(flags *pflag.FlagSet) {
		flags.BoolVar(&o.Volumes, "volumes", false, "Also delete results claims that run created and whose results were fetched after the job finished, including claims whose job no longer exists")
		flags.BoolVar(&o.Discard, "discard-unfetched", false, "With --volumes: also delete claims whose results were not fetched; the results are lost")
		flags.BoolVar(&o.Anyone, "fetched-by-anyone", false, "With --volumes or --fetched: count a fetch by any user, not only by the owner of the job")
	})
	flaghelp.AddSection(flags, "Deletion", func(flags *pflag.FlagSet) {
		flags.BoolVarP(&o.Yes, "yes", "y", false, "Skip the confirmation prompt")
		flags.BoolVar(&o.Wait, "wait", false, "Wait until the deleted objects no longer exist, and report what delays their deletion")
		flags.StringVar(&o.Timeout, "timeout", "", "With --wait: stop after `DURATION`, with exit status 124 ("+duration.Forms+")")
		flagvalue.AddDryRun(flags, &o.DryRun, "Dry run `STRATEGY`: none, client (list what would be deleted without deleting it) or server (also let the server validate the deletions)")
		flags.StringVarP(&o.Output, "output", "o", "", "Output format: name, or json (one object per job or claim, deleted or kept, each on one line)")
	})
}

func (o *Flags) addWhich(flags *pflag.FlagSet) {
	o.Select.AddTo(flags)
	o.Select.OfferFinished(flags)
	flags.IntVar(&o.Keep, "keep", 0, "Keep the `N` newest matching jobs in each namespace (applied before --older-than and --newer-than)")
	o.keepFlag = flags.Lookup("keep")
	flags.StringVar(&o.KeepBy, "keep-by", "", "With --keep: keep N jobs for each value of this `LABEL`")
	flags.BoolVar(&o.Fetched, "fetched", false, "Only jobs whose results were fetched, and jobs without results")
	flags.BoolVar(&o.Owned, "owned", false, "Also jobs that are managed by a controller or tool: CronJob, Helm, Argo CD or Flux")
	flags.BoolVar(&o.IgnoreNotFound, "ignore-not-found", false, "Ignore names that do not exist")
}

// keepIsSet reports whether the command line has --keep, which may be --keep=0.
func (o *Flags) keepIsSet() bool { return o.keepFlag.Changed }

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
			return fmt.Errorf("invalid argument %q: %s", arg, spelling.Rule(problems))
		}
		o.claims = append(o.claims, name)
	}
	return nil
}

func (o *Flags) check(options *Options) error {
	names := len(options.refs) + len(options.claims)
	switch {
	case names > 0 && o.keepIsSet():
		return errors.New("job names and --keep are mutually exclusive")
	case len(options.claims) > 0 && !o.Volumes:
		return fmt.Errorf("pvc/%s requires --volumes", options.claims[0])
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
	if err := flagvalue.CheckDryRun(o.DryRun); err != nil {
		return err
	}
	switch {
	case o.Wait && o.DryRun != flagvalue.DryRunNone:
		return fmt.Errorf("--wait and --dry-run=%s are mutually exclusive", o.DryRun)
	case o.Timeout != "" && !o.Wait:
		return errors.New("--timeout requires --wait")
	}
	return flagvalue.CheckFormat(o.Output, "name", "json")
}

func (o *Flags) parseSelection(options *Options) error {
	s := &options.selection
	s.Keep = o.Keep
	s.Fetched, s.Owned = o.Fetched, o.Owned
	s.Viewer.Anyone = o.Anyone
	switch {
	case o.Keep < 0:
		return fmt.Errorf("invalid value \"%d\" for --keep: must be 0 or more", o.Keep)
	case o.KeepBy != "" && !o.keepIsSet():
		return errors.New("--keep-by requires --keep")
	}
	if problems := validation.IsQualifiedName(o.KeepBy); o.KeepBy != "" && len(problems) > 0 {
		return fmt.Errorf("invalid value %q for --keep-by: must be a label key: %s", o.KeepBy, spelling.Rule(problems))
	}
	return nil
}

func (o *Flags) parseTimes(options *Options) (err error) {
	options.timeout, err = flagvalue.ParseTimeLimit("--timeout", o.Timeout)
	return err
}
