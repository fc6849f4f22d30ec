package fetch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/bucket"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/screen"
)

// jobImage stands for the image of the job itself.
const jobImage = "job"

// ToOptions parses every string once.
func (o *Flags) ToOptions(f *factory.Factory, args []string) (*Options, error) {
	options := &Options{
		factory: f, dir: o.Dir, force: o.Force, image: o.Image, imageNamed: o.Image != "", mode: screen.Mode(o.Progress), json: o.Output == "json",
		several: o.several(), selector: o.Selector, unfetched: o.Unfetched, globs: slices.Concat(o.Include, o.Exclude),
	}
	o.stored = len(args) > 0 && !o.several() && strings.HasPrefix(args[0], bucket.Scheme)
	if place, ok := f.LookupEnv(viaVariable); ok {
		o.viaDefault = place
	}
	var err error
	if options.engine, err = o.toEngine(); err != nil {
		return nil, err
	}
	for _, parse := range []func() error{
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
		return exit.Usagef("-o %s: json is expected", o.Output)
	}
	return oneOf("--progress", o.Progress, progresses()...)
}

func progresses() []string {
	return []string{string(screen.Auto), string(screen.Events), string(screen.Quiet)}
}

func (o *Options) parseHelper(flags *Flags) error {
	if o.image == "" {
		o.image, _ = o.factory.LookupEnv(imageVariable)
	}
	if o.image == "" {
		o.image = helper.DefaultImage
	}
	for _, flag := range []struct {
		name, text string
		to         *resource.Quantity
	}{{"--helper-cpu", flags.HelperCPU, &o.cpu}, {"--helper-memory", flags.HelperMemory, &o.memory}} {
		quantity, err := resource.ParseQuantity(flag.text)
		if err != nil || quantity.Sign() <= 0 {
			return exit.Usagef("%s=%q: a quantity above 0 is expected, such as 500m or 128Mi", flag.name, flag.text)
		}
		*flag.to = quantity
	}
	return nil
}

func (o *Options) connect() (err error) {
	if o.client, o.namespace, err = o.factory.Cluster(); err != nil {
		return err
	}
	o.executor, err = o.factory.Client.Executor()
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
		return errors.New("a PATH is empty; / means all of the volume")
	}
	if n := len(o.paths); n > 0 && likeDestination(o.paths[n-1]) {
		return o.destinationMeant()
	}
	return nil
}

// parseName reads JOB or pvc/NAME.
func (o *Options) parseName(arg string) (err error) {
	if strings.HasPrefix(arg, bucket.Scheme) {
		return o.parseStored(arg)
	}
	kind, name, ok := strings.Cut(arg, "/")
	if !ok || !claimKind(kind) {
		o.ref, err = job.ParseRef(arg)
		return err
	}
	if bare, path, ok := strings.Cut(arg, ":"); ok {
		return fmt.Errorf("%q: a path is an argument of its own: %s", arg, o.factory.Line("fetch", bare, path))
	}
	if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 {
		return fmt.Errorf("%q is not the name of a claim: %s", arg, problems[0])
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
	flag := "--unfetched"
	if o.selector != "" {
		flag = "-l"
		if _, err := labels.Parse(o.selector); err != nil {
			return fmt.Errorf("-l %q: %w", o.selector, err)
		}
	}
	for _, arg := range args {
		kind, _, _ := strings.Cut(arg, "/")
		if _, err := job.ParseRef(arg); err == nil || claimKind(kind) {
			return fmt.Errorf("%q: %s selects the jobs, so none is named; a PATH of that name is ./%s", arg, flag, arg)
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
	return exit.Usagef("%q looks like a folder of this machine; the folder to copy to is given by -d: %s",
		o.paths[last], o.factory.Line(append(words, "-d", o.paths[last])...))
}

// target is what was asked for, as words of a command line.
func (o *Options) target() []string {
	switch {
	case o.several && o.unfetched && o.selector != "":
		return []string{"--unfetched", "-l", o.selector}
	case o.several && o.unfetched:
		return []string{"--unfetched"}
	case o.several:
		return []string{"-l", o.selector}
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
	info, err := os.Stat(filepath.FromSlash(o.paths[len(o.paths)-1]))
	return err == nil && info.IsDir()
}
