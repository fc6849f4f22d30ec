package submit

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flagvalue"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/spelling"
)

// Typed is what was on the command line besides flags.
type Typed struct {
	// Name of the job; empty where another is to be found for it.
	Name string
	// Again is the job to make once more; empty for a new one.
	Again job.Ref
	// Command is what followed --; Dash says that -- was there.
	Command []string
	Dash    bool
}

// ToRequest parses every string once. All its errors are about the command line,
// the local files that it names, or the kubeconfig.
func (o *Flags) ToRequest(f *factory.Factory, typed Typed, fetch Fetch) (*Request, error) {
	if o.Output.Quiet {
		quiet := *f
		quiet.Quiet, f = true, &quiet
	}
	client, namespace, err := f.Cluster()
	if err != nil {
		return nil, err
	}
	r := &Request{factory: f, client: client, namespace: namespace, typed: typed}
	r.spec.Name, r.spec.Namespace, r.base.again = typed.Name, namespace, typed.Again
	r.s3Secret = o.Container.S3Secret
	r.then.fetcher = fetch
	for _, parse := range []func(*Request) error{
		o.Base.parse, r.checkName, o.parseOutput, o.Container.parse, o.Resources.parse, o.Storage.parse, o.Lifecycle.parse, o.Scheduling.parse, o.Then.parse, r.onePathEach,
	} {
		if err := parse(r); err != nil {
			return nil, exit.With(exit.Usage, err)
		}
	}
	return r, nil
}

// checkName refuses a name that is missing, or is none.
func (r *Request) checkName(*Request) error {
	found := r.generate || r.base.again != "" || r.base.job != nil && r.base.job.Name+r.base.job.GenerateName != ""
	if r.spec.Name == "" && !found {
		return errors.New("missing argument NAME; use --generate-name to generate a name")
	}
	if r.spec.Name != "" && !r.generate {
		return checkJobName(r.spec.Name)
	}
	return nil
}

// checkJobName refuses a name that cannot become the label that the pods of a job
// carry.
func checkJobName(name string) error {
	if problems := validation.IsDNS1123Label(name); len(problems) > 0 {
		return fmt.Errorf("invalid job name %q: %s", name, spelling.Rule(problems))
	}
	return nil
}

// onePathEach refuses two mounts on one path, also on one of the manifest's.
func (r *Request) onePathEach(*Request) error {
	taken := map[string]string{}
	if r.base.job != nil {
		for _, mount := range spec.Default(&r.base.job.Spec.Template).VolumeMounts {
			taken[path.Clean(mount.MountPath)] = "volume " + mount.Name + " of the manifest"
		}
	}
	paths := r.spec.Storage.Paths()
	if asked := r.results.asked; asked != nil {
		paths = append(paths, [2]string{asked.Path, "the results claim"})
	}
	for _, one := range paths {
		at, what := one[0], one[1]
		if other, ok := taken[at]; ok {
			return fmt.Errorf("%s and %s have the same mount path %s; change one of the paths", other, what, at)
		}
		taken[at] = what
	}
	return nil
}

func (o *Flags) parseOutput(r *Request) error {
	r.dryRun = dryRun(o.Output.DryRun)
	err := flagvalue.CheckDryRun(o.Output.DryRun)
	if err != nil {
		return err
	}
	if r.spec.Labels, err = parseLabels("--label", o.Output.Labels); err != nil {
		return err
	}
	if r.spec.Annotations, err = parseLabels("--annotation", o.Output.Annotations); err != nil {
		return err
	}
	return o.Output.parsePrint(r)
}

// Split parts NAME from the command behind --. dash is where -- stood among args,
// -1 for nowhere; verb is the command that messages name.
func Split(args []string, dash int, verb string) (Typed, error) {
	typed, before := Typed{Dash: dash >= 0}, args
	if dash >= 0 {
		before, typed.Command = args[:dash], args[dash:]
	}
	if len(before) > 1 {
		image := ""
		if verb == "run" {
			image = "--image=IMAGE "
		}
		return typed, exit.Usagef("unexpected argument %q; put a command after --: \"%s %s %s-- %s\"",
			before[1], verb, before[0], image, strings.Join(before[1:], " "))
	}
	if len(before) == 1 {
		typed.Name = before[0]
	}
	return typed, nil
}
