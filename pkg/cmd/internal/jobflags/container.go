package jobflags

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flagvalue"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/quantity"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/spelling"
	"github.com/kubectl-batch/kubectl-batch/pkg/submit"
)

// containerFlags describe what runs.
type containerFlags struct {
	Image, PullPolicy   string
	PullSecrets         []string
	Args                bool
	Cmd                 []string
	Script, Shell       string
	Env, SecretEnv      []string
	EnvFile             string
	EnvFrom             []string
	WorkDir             string
	ServiceAccount      string
	Secrets, ConfigMaps []string
	Shm                 string
	RunAs               string
	S3Secret            string
}

func (o *containerFlags) addTo(flags *pflag.FlagSet) {
	flags.StringVar(&o.Image, "image", "", "Container image")
	flags.BoolVar(&o.Args, "args", false, "Pass the arguments after -- to the ENTRYPOINT of the image, instead of replacing it")
	flags.StringArrayVar(&o.Cmd, "cmd", nil, "Run `COMMAND` in a shell (repeatable); all commands run in one shell, in this order, until one fails")
	flags.StringVar(&o.Script, "script", "", "Run local script `FILE` with the interpreter of its #! line (- for stdin, at most 1 MiB); the arguments after -- are its arguments")
	flags.StringVar(&o.Shell, "shell", "", "Shell for --cmd, and for a --script without a #! line (default sh); with bash, ksh and zsh, --cmd sets the option pipefail")
	flags.StringArrayVarP(&o.Env, "env", "e", nil, "Environment variable, as `KEY=VALUE`, or KEY for its value on the local machine (repeatable)")
	flags.StringArrayVar(&o.SecretEnv, "secret-env", nil, "Environment variable in a Secret that the job owns, as `KEY=VALUE` or KEY (repeatable)")
	flags.StringVar(&o.EnvFile, "env-file", "", "Local file with one environment variable per line, as KEY=VALUE or KEY")
	flags.StringArrayVar(&o.EnvFrom, "env-from", nil, "Environment variables from all entries of `KIND/NAME`, which is secret/NAME or configmap/NAME (repeatable)")
	flags.StringVar(&o.WorkDir, "workdir", "", "Working directory in the container (default: that of the image)")
	flags.StringVar(&o.PullPolicy, "image-pull-policy", "", "Image pull policy: Always, IfNotPresent or Never")
	flags.StringArrayVar(&o.PullSecrets, "image-pull-secret", nil, "Secret with the credentials for the image registry (repeatable)")
	flags.StringVar(&o.ServiceAccount, "service-account", "", "ServiceAccount of the pods")
	flags.StringVar(&o.Shm, "shm-size", "", "Size of /dev/shm, such as 8Gi; its files count as memory")
	flags.StringArrayVar(&o.Secrets, "secret", nil, "Secret to mount, as `NAME:/path` (repeatable)")
	flags.StringArrayVar(&o.ConfigMaps, "config-map", nil, "ConfigMap to mount, as `NAME:/path` (repeatable)")
	flags.StringVar(&o.RunAs, "run-as", "", "User of the pods, as `UID[:GID]`; also sets what the Pod Security Standard \"restricted\" requires")
}

func (o *containerFlags) addS3To(flags *pflag.FlagSet) {
	flags.StringVar(&o.S3Secret, "s3-secret", "", "Secret with the environment variables AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, optionally, AWS_ENDPOINT_URL and AWS_REGION")
}

func (o *containerFlags) parse(p *parser) error {
	for _, parse := range []func(*parser) error{o.parseImage, o.parseCommand, o.parseVariables, o.parseNames, o.parseFiles, o.parseRunAs} {
		if err := parse(p); err != nil {
			return err
		}
	}
	return nil
}

func (o *containerFlags) parseImage(p *parser) error {
	c := &p.job.Spec.Container
	switch {
	case strings.TrimSpace(o.Image) == "" && p.job.Base.IsNewJob():
		return errors.New("--image is required")
	case o.Image != strings.TrimSpace(o.Image) || strings.ContainsAny(o.Image, " \t\n"):
		return fmt.Errorf("invalid value %q for --image: must not contain spaces", o.Image)
	}
	if o.PullPolicy != "" {
		if err := flagvalue.CheckChoice("--image-pull-policy", o.PullPolicy, "Always", "IfNotPresent", "Never"); err != nil {
			return err
		}
	}
	if o.WorkDir != "" && !path.IsAbs(o.WorkDir) {
		return fmt.Errorf("invalid value %q for --workdir: must be an absolute path", o.WorkDir)
	}
	c.Image = o.Image
	c.PullPolicy = corev1.PullPolicy(o.PullPolicy)
	c.WorkDir = o.WorkDir
	return nil
}

// parseNames parses the names of objects that the pods use.
func (o *containerFlags) parseNames(p *parser) error {
	c := &p.job.Spec.Container
	for _, name := range o.PullSecrets {
		if err := p.addReference("--image-pull-secret", submit.SecretKind, name); err != nil {
			return err
		}
	}
	c.PullSecrets = o.PullSecrets
	c.ServiceAccount = o.ServiceAccount
	if o.ServiceAccount != "" {
		if err := p.addReference("--service-account", submit.ServiceAccountKind, o.ServiceAccount); err != nil {
			return err
		}
	}
	for _, text := range o.EnvFrom {
		if err := o.parseEnvFrom(p, text); err != nil {
			return err
		}
	}
	return nil
}

func (o *containerFlags) parseEnvFrom(p *parser, text string) error {
	typed, name, _ := strings.Cut(text, "/")
	var kind submit.Kind
	var source corev1.EnvFromSource
	object := corev1.LocalObjectReference{Name: name}
	switch strings.ToLower(typed) {
	case "secret", "secrets":
		kind = submit.SecretKind
		source.SecretRef = &corev1.SecretEnvSource{LocalObjectReference: object}
	case "configmap", "configmaps", "cm":
		kind = submit.ConfigMapKind
		source.ConfigMapRef = &corev1.ConfigMapEnvSource{LocalObjectReference: object}
	default:
		return fmt.Errorf("invalid value %q for --env-from: must be secret/NAME or configmap/NAME", text)
	}
	p.job.Spec.Container.EnvFrom = append(p.job.Spec.Container.EnvFrom, source)
	return p.addReference("--env-from", kind, name)
}

func (o *containerFlags) parseFiles(p *parser) error {
	for _, text := range o.Secrets {
		if err := p.mountFiles("--secret", submit.SecretKind, text); err != nil {
			return err
		}
	}
	for _, text := range o.ConfigMaps {
		if err := p.mountFiles("--config-map", submit.ConfigMapKind, text); err != nil {
			return err
		}
	}
	if o.Shm == "" {
		return nil
	}
	size, err := quantity.Bytes("--shm-size", o.Shm)
	p.job.Spec.Storage.Shm = &size
	return err
}

// mountFiles parses NAME:/path of a Secret or a ConfigMap.
func (p *parser) mountFiles(flag string, kind submit.Kind, text string) error {
	name, path, ok := strings.Cut(text, ":")
	if !ok {
		return fmt.Errorf("invalid value %q for %s: must be NAME:/path", text, flag)
	}
	path, err := parseMountPath(flag, text, path)
	if err != nil {
		return err
	}
	files := spec.Files{Path: path}
	if kind == submit.SecretKind {
		files.Secret = name
	} else {
		files.ConfigMap = name
	}
	p.job.Spec.Storage.Files = append(p.job.Spec.Storage.Files, files)
	return p.addReference(flag, kind, name)
}

func (o *containerFlags) parseRunAs(p *parser) error {
	if o.RunAs == "" {
		return nil
	}
	user, err := spec.ParseUser(o.RunAs)
	if err != nil {
		return fmt.Errorf("invalid value %q for --run-as: %w", o.RunAs, err)
	}
	p.job.Spec.RunAs = user
	return nil
}

// checkVariableName returns an error for an invalid name of an environment variable.
func checkVariableName(name string) error {
	if problems := validation.IsEnvVarName(name); len(problems) > 0 {
		return fmt.Errorf("invalid variable name %q: %s", name, spelling.Rule(problems))
	}
	return nil
}
