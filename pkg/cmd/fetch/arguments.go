package fetch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/quantity"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/spelling"
	"github.com/kubectl-batch/kubectl-batch/pkg/ui"
)

// jobImage stands for the image of the job itself.
const jobImage = "job"

// ToOptions parses every string once.
func (o *Flags) ToOptions(f *factory.Factory, args []string) (*Options, error) {
	options := &Options{
		factory: f, dir: o.Dir, force: o.Force, anyway: o.Anyway, image: o.Image, imageNamed: o.Image != "", mode: ui.Mode(o.Progress), json: o.Output == "json",
		several: o.several(), selecting: o.selecting(), unfetched: o.Unfetched, globs: slices.Concat(o.Include, o.Exclude),
	}
	o.stored = len(args) > 0 && !o.several() && strings.HasPrefix(args[0], s3.Scheme)
	if place, ok := f.LookupEnv(factory.ViaVariable); ok {
		o.viaDefault = place
	}
	var err error
	if options.engine, err = o.toEngine(); err != nil {
		return nil, err
	}
	for _, parse := range []func() error{
		func() error { return options.parseSelection(o) },
		func() error { return options.parseTarget(args) },
		func() error { return options.checkStored(o) },
		func() error { return options.parseTasks(o.Task) },
		func() error { return options.parseHelper(o) },
		o.checkOutput,
	} {
		if err := parse(); err != nil {
			return nil, exit.With(exit.Usage, err)
		}
	}
	if options.stored.Bucket != "" {
		return options, nil
	}
	return options, options.connect()
}

func (o *Flags) checkOutput() error {
	if o.Output != "" && o.Output != "json" {
		return exit.Usagef("invalid value %q for -o: must be json", o.Output)
	}
	return oneOf("--progress", o.Progress, progresses()...)
}

func progresses() []string {
	return []string{string(ui.Auto), string(ui.Events), string(ui.Quiet)}
}

func (o *Options) parseHelper(flags *Flags) error {
	if o.image == "" {
		o.image, _ = o.factory.LookupEnv(imageVariable)
	}
	if o.image == "" {
		o.image = helper.DefaultImage
	}
	var err error
	if o.cpu, err = quantity.CPUs("--helper-cpu", flags.HelperCPU); err == nil {
		o.memory, err = quantity.Bytes("--helper-memory", flags.HelperMemory)
	}
	return err
}

func (o *Options) connect() (err error) {
	if o.client, o.namespace, err = o.factory.Cluster(); err != nil {
		return err
	}
	o.namespace = o.selection.Namespace(o.namespace)
	o.executor, err = o.factory.Client.Executor()
	return err
}

// selecting are the flags that select jobs, as words of a command line.
func (o *Flags) selecting() []string {
	words := o.Select.Words()
	if o.Unfetched {
		words = append([]string{"--unfetched"}, words...)
	}
	return words
}

// parseSelection reads the flags that select jobs. All jobs of a namespace are fetched only with
// --unfetched.
func (o *Options) parseSelection(flags *Flags) (err error) {
	if o.selection, err = flags.Select.Parse(0); err == nil && o.several && !o.unfetched && !flags.Select.Narrows() {
		err = exit.Usagef("%s selects all jobs; use it with --unfetched, -l or --mine", o.selecting[0])
	}
	return err
}

// parseTarget reads JOB or pvc/NAME where jobs are not selected, then the PATHs,
// and refuses a destination given as PATH.
func (o *Options) parseTarget(args []string) error {
	var err error
	if o.several {
		o.paths, err = args, o.checkSeveral(args)
	} else {
		o.paths, err = args[1:], o.parseName(args[0])
	}
	if err != nil {
		return err
	}
	if slices.Contains(o.paths, "") {
		return errors.New("invalid argument \"\": PATH must not be empty; use / for the whole volume")
	}
	if n := len(o.paths); n > 0 && likeDestination(o.paths[n-1]) {
		return o.destinationMeant()
	}
	return nil
}

// parseName reads JOB or pvc/NAME.
func (o *Options) parseName(arg string) (err error) {
	if strings.HasPrefix(arg, s3.Scheme) {
		return o.parseStored(arg)
	}
	if strings.HasPrefix(arg, "s3:") || strings.Contains(arg, "://") {
		return fmt.Errorf("invalid argument %q: must be JOB (%s), pvc/NAME or s3://BUCKET/PREFIX", arg, job.Accepted)
	}
	kind, name, ok := strings.Cut(arg, "/")
	if !ok || !claimKind(kind) {
		o.ref, err = job.ParseRef(arg)
		if wrong, ok := errors.AsType[*job.RefError](err); ok {
			wrong.Accepted = "JOB (" + job.Accepted + "), pvc/NAME or s3://BUCKET/PREFIX"
		}
		return err
	}
	if bare, path, ok := strings.Cut(arg, ":"); ok {
		return fmt.Errorf("invalid argument %q: PATH must be a separate argument; run \"%s\"", arg, o.factory.Line("fetch", bare, path))
	}
	if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 {
		return fmt.Errorf("invalid claim name %q: %s", name, spelling.Rule(problems))
	}
	o.claim = name
	return nil
}

func claimKind(kind string) bool {
	return slices.Contains([]string{"pvc", "pvcs", "persistentvolumeclaim", "persistentvolumeclaims"}, strings.ToLower(kind))
}

// checkSeveral refuses a job that is named where jobs are selected. A path that
// could be the name of one must be written so that it cannot.
func (o *Options) checkSeveral(args []string) error {
	for _, arg := range args {
		kind, _, _ := strings.Cut(arg, "/")
		if _, err := job.ParseRef(arg); err == nil || claimKind(kind) {
			return fmt.Errorf("job names and %s are mutually exclusive; if %q is a PATH, use ./%s", o.selecting[0], arg, arg)
		}
	}
	return nil
}

// local begins what is a path of this machine, here or on Windows.
var local = regexp.MustCompile(`^([A-Za-z]:[\\/]|\.\.[\\/]|~[\\/]|\.\\|\\\\)`)

// likeDestination reports whether no volume can have a path that is written so.
func likeDestination(p string) bool {
	return slices.Contains([]string{".", "..", "~", "./", `.\`}, p) || local.MatchString(p)
}

// destinationMeant answers a local destination in the place of PATH with the
// command that was meant.
func (o *Options) destinationMeant() error {
	last := len(o.paths) - 1
	words := append(append([]string{"fetch"}, o.target()...), o.paths[:last]...)
	return exit.Usagef("invalid PATH %q: it looks like a local directory; to copy to it, run \"%s\"",
		o.paths[last], o.factory.Line(append(words, "-d", o.paths[last])...))
}

// target is what was asked for, as words of a command line.
func (o *Options) target() []string {
	switch {
	case o.several:
		return o.selecting
	case o.claim != "":
		return []string{"pvc/" + o.claim}
	}
	return []string{string(o.ref)}
}

// lastIsLocal reports whether the last PATH is a folder of this machine, asked
// once it proved not to be on the volume.
func (o *Options) lastIsLocal() bool {
	if len(o.paths) == 0 || o.paths[len(o.paths)-1] == "/" { // all of the volume
		return false
	}
	if strings.HasPrefix(o.paths[len(o.paths)-1], "./") {
		return true
	}
	info, err := os.Stat(filepath.FromSlash(o.paths[len(o.paths)-1]))
	return err == nil && info.IsDir()
}
