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
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
)

// ToOptions parses every string once.
func (o *Flags) ToOptions(f *factory.Factory, args []string) (*Options, error) {
	options := &Options{factory: f, paths: args[1:], dir: o.Dir, force: o.Force, image: o.Image}
	if err := options.parseTarget(args); err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	if options.image == "" {
		options.image = f.Getenv(imageVariable)
	}
	if options.image == "" {
		options.image = helper.DefaultImage
	}
	for _, flag := range []struct {
		name, text string
		to         *resource.Quantity
	}{{"--helper-cpu", o.HelperCPU, &options.cpu}, {"--helper-memory", o.HelperMemory, &options.memory}} {
		quantity, err := resource.ParseQuantity(flag.text)
		if err != nil || quantity.Sign() <= 0 {
			return nil, exit.Usagef("%s=%q: a quantity above 0 is expected, such as 500m or 128Mi", flag.name, flag.text)
		}
		*flag.to = quantity
	}
	return options, options.connect()
}

func (o *Options) connect() (err error) {
	if o.client, o.namespace, err = o.factory.Cluster(); err != nil {
		return err
	}
	o.executor, err = o.factory.Client.Executor()
	return err
}

// parseTarget reads JOB or pvc/NAME, and refuses a destination given as PATH.
func (o *Options) parseTarget(args []string) (err error) {
	kind, name, ok := strings.Cut(args[0], "/")
	if ok && slices.Contains([]string{"pvc", "pvcs", "persistentvolumeclaim", "persistentvolumeclaims"}, strings.ToLower(kind)) {
		if bare, path, ok := strings.Cut(args[0], ":"); ok {
			return fmt.Errorf("%q: a path is an argument of its own: %s", args[0], o.factory.Line("fetch", bare, path))
		}
		if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 {
			return fmt.Errorf("%q is not the name of a claim: %s", args[0], problems[0])
		}
		o.claim = name
	} else if o.ref, err = job.ParseRef(args[0]); err != nil {
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

var drive = regexp.MustCompile(`^[A-Za-z]:[\\/]`)

// likeDestination reports whether no volume can have a path that is written so.
func likeDestination(p string) bool {
	return p == "." || p == ".." || p == "~" || p == "./" || strings.HasPrefix(p, "../") || strings.HasPrefix(p, "~/") || drive.MatchString(p)
}

// destinationMeant answers a local destination in the place of PATH with the
// command that was meant.
func (o *Options) destinationMeant() error {
	last := len(o.paths) - 1
	words := append([]string{"fetch", o.target()}, o.paths[:last]...)
	return exit.Usagef("%q looks like a folder of this machine; the folder to copy to is given by -d: %s",
		o.paths[last], o.factory.Line(append(words, "-d", o.paths[last])...))
}

func (o *Options) target() string {
	if o.claim != "" {
		return "pvc/" + o.claim
	}
	return string(o.ref)
}

// lastIsLocal reports whether the last PATH is a folder of this machine, asked
// once it proved not to be on the volume.
func (o *Options) lastIsLocal() bool {
	if len(o.paths) == 0 {
		return false
	}
	info, err := os.Stat(filepath.FromSlash(o.paths[len(o.paths)-1]))
	return err == nil && info.IsDir()
}
