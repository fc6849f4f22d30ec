package run

import (
	"errors"
	"fmt"
	"math"
	"path"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/duration"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/volume"
)

// dryRun is how far a request is carried out.
type dryRun string

const (
	dryRunNone   dryRun = "none"
	dryRunClient dryRun = "client"
	dryRunServer dryRun = "server"
)

// ToOptions parses every string once. dash is where -- stood among args, -1
// for nowhere. All its errors are about the command line or the kubeconfig.
func (o *Flags) ToOptions(f *factory.Factory, args []string, dash int) (*Options, error) {
	name, command, err := split(args, dash)
	if err != nil {
		return nil, err
	}
	client, namespace, err := f.Cluster()
	if err != nil {
		return nil, err
	}
	options := &Options{factory: f, client: client, namespace: namespace, reuse: o.Reuse, wait: o.Wait, dryRun: dryRun(o.DryRun)}
	options.spec = job.Spec{Name: name, Namespace: namespace, Image: o.Image, Command: command, BackoffLimit: o.BackoffLimit, PullPolicy: corev1.PullPolicy(o.PullPolicy)}
	for _, parse := range []func(*Options) error{o.checkWords, o.parseResources, o.parseEnv, o.parseTTL, o.parseMounts, o.parseResults, o.parsePrint} {
		if err := parse(options); err != nil {
			return nil, exit.With(exit.Usage, err)
		}
	}
	return options, nil
}

// split parts NAME from the command behind --.
func split(args []string, dash int) (name string, command []string, err error) {
	before := args
	if dash >= 0 {
		before, command = args[:dash], args[dash:]
	}
	switch {
	case len(before) == 0:
		return "", nil, exit.Usagef("the NAME of the job is missing")
	case len(before) > 1:
		return "", nil, exit.Usagef("one NAME is expected, but there is %q too; a command goes behind --: run %s --image=IMAGE -- %s",
			before[1], before[0], strings.Join(before[1:], " "))
	case dash >= 0 && len(command) == 0:
		return "", nil, exit.Usagef("-- is there, but no command behind it")
	}
	// A longer name cannot become the label that the pods of a job carry.
	if problems := validation.IsDNS1123Label(before[0]); len(problems) > 0 {
		return "", nil, exit.Usagef("%q cannot be the name of a job: %s", before[0], problems[0])
	}
	return before[0], command, nil
}

func (o *Flags) checkWords(options *Options) error {
	switch {
	case strings.TrimSpace(o.Image) == "":
		return errors.New("--image is missing: the container image to run")
	case strings.ContainsAny(o.Image, " \t\n"):
		return fmt.Errorf("--image=%q: an image has no spaces in its name", o.Image)
	case !slices.Contains([]string{"", "Always", "IfNotPresent", "Never"}, o.PullPolicy):
		return fmt.Errorf("--image-pull-policy=%q: Always, IfNotPresent or Never is expected", o.PullPolicy)
	case o.BackoffLimit < 0:
		return fmt.Errorf("--backoff-limit=%d: 0 or more is expected", o.BackoffLimit)
	case !slices.Contains([]dryRun{dryRunNone, dryRunClient, dryRunServer}, options.dryRun):
		return fmt.Errorf("--dry-run=%q: none, client or server is expected", o.DryRun)
	case o.Reuse && o.Results == "":
		return errors.New("--reuse-results goes with --results")
	case o.Wait && options.dryRun != dryRunNone:
		return fmt.Errorf("--wait and --dry-run=%s exclude each other", o.DryRun)
	}
	return nil
}

func (o *Flags) parseResources(options *Options) error {
	if o.GPU < 0 {
		return fmt.Errorf("--gpu=%d: 0 or more is expected", o.GPU)
	}
	resources := corev1.ResourceList{}
	for _, flag := range []struct {
		name     corev1.ResourceName
		flag, in string
	}{{corev1.ResourceCPU, "--cpu", o.CPU}, {corev1.ResourceMemory, "--memory", o.Memory}} {
		if flag.in == "" {
			continue
		}
		quantity, err := parseQuantity(flag.flag, flag.in)
		if err != nil {
			return err
		}
		resources[flag.name] = quantity
	}
	if o.GPU > 0 {
		resources[job.GPUResource] = *resource.NewQuantity(o.GPU, resource.DecimalSI)
	}
	if len(resources) > 0 {
		options.spec.Resources = resources
	}
	return nil
}

func parseQuantity(flag, text string) (resource.Quantity, error) {
	quantity, err := resource.ParseQuantity(text)
	whole := flag == "--cpu" || quantity.Cmp(*resource.NewQuantity(quantity.Value(), resource.DecimalSI)) == 0 && quantity.Value() < math.MaxInt64
	if err != nil || quantity.Sign() <= 0 || !whole {
		return resource.Quantity{}, fmt.Errorf("%s=%q: a quantity above 0 is expected, such as %s", flag, text, quantityExample(flag))
	}
	return quantity, nil
}

func quantityExample(flag string) string {
	if flag == "--cpu" {
		return "4 or 500m"
	}
	return "10Gi or 500Mi"
}

func (o *Flags) parseEnv(options *Options) error {
	for _, text := range o.Env {
		key, value, ok := strings.Cut(text, "=")
		if !ok {
			return fmt.Errorf("--env=%q: KEY=VALUE is expected", text)
		}
		if problems := validation.IsEnvVarName(key); len(problems) > 0 {
			return fmt.Errorf("--env=%q: %q is not the name of a variable: %s", text, key, problems[0])
		}
		options.spec.Env = append(options.spec.Env, corev1.EnvVar{Name: key, Value: value})
	}
	return nil
}

func (o *Flags) parseTTL(options *Options) error {
	if o.TTL == "" {
		return nil
	}
	ttl, err := duration.Parse(o.TTL)
	if err != nil {
		return fmt.Errorf("--ttl: %w", err)
	}
	if ttl%time.Second != 0 {
		return fmt.Errorf("--ttl=%q: whole seconds are expected", o.TTL)
	}
	if ttl.Seconds() > math.MaxInt32 {
		return fmt.Errorf("--ttl=%q: 68 years is the longest", o.TTL)
	}
	seconds := int32(ttl.Seconds())
	options.spec.TTLSeconds = &seconds
	return nil
}

func (o *Flags) parseMounts(options *Options) error {
	for _, text := range o.PVC {
		mount, err := volume.ParseMount(text)
		if err != nil {
			return fmt.Errorf("--pvc: %w", err)
		}
		options.spec.Mounts = append(options.spec.Mounts, mount)
	}
	return nil
}

func (o *Flags) parseResults(options *Options) error {
	if o.Results != "" {
		size, err := parseQuantity("--results", o.Results)
		if err != nil {
			return err
		}
		claim := volume.ResultsName(options.spec.Name)
		options.size, options.spec.Results = &size, claim
		options.spec.Mounts = append(options.spec.Mounts, volume.Mount{Claim: claim, Path: volume.ResultsPath})
	}
	return onePathEach(options.spec.Mounts)
}

func onePathEach(mounts []volume.Mount) error {
	taken := map[string]string{}
	for _, m := range mounts {
		if other, ok := taken[path.Clean(m.Path)]; ok {
			return fmt.Errorf("claims %s and %s are both to be mounted at %s: give one another path, as in --pvc %s:/path", other, m.Claim, m.Path, m.Claim)
		}
		taken[path.Clean(m.Path)] = m.Claim
	}
	return nil
}
