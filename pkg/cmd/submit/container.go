package submit

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/quantity"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/spelling"
)

// containerFlags are about what runs.
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

func (o *containerFlags) parse(r *Request) error {
	for _, parse := range []func(*Request) error{o.parseImage, o.parseCommand, o.parseVariables, o.parseNames, o.parseFiles, o.parseRunAs} {
		if err := parse(r); err != nil {
			return err
		}
	}
	return nil
}

func (o *containerFlags) parseImage(r *Request) error {
	c := &r.spec.Container
	switch {
	case strings.TrimSpace(o.Image) == "" && r.base.none():
		return errors.New("--image is required")
	case o.Image != strings.TrimSpace(o.Image) || strings.ContainsAny(o.Image, " \t\n"):
		return fmt.Errorf("invalid value %q for --image: must not contain spaces", o.Image)
	case !slices.Contains([]string{"", "Always", "IfNotPresent", "Never"}, o.PullPolicy):
		return fmt.Errorf("invalid value %q for --image-pull-policy: must be Always, IfNotPresent or Never", o.PullPolicy)
	case o.WorkDir != "" && !path.IsAbs(o.WorkDir):
		return fmt.Errorf("invalid value %q for --workdir: must be an absolute path", o.WorkDir)
	}
	c.Image, c.PullPolicy, c.WorkDir = o.Image, corev1.PullPolicy(o.PullPolicy), o.WorkDir
	return nil
}

// parseNames reads the names of objects that the pods are given.
func (o *containerFlags) parseNames(r *Request) error {
	c := &r.spec.Container
	for _, name := range o.PullSecrets {
		if err := r.names("--image-pull-secret", secretKind, name); err != nil {
			return err
		}
	}
	c.PullSecrets = o.PullSecrets
	if c.ServiceAccount = o.ServiceAccount; o.ServiceAccount != "" {
		if err := r.names("--service-account", accountKind, o.ServiceAccount); err != nil {
			return err
		}
	}
	for _, text := range o.EnvFrom {
		if err := o.parseEnvFrom(r, text); err != nil {
			return err
		}
	}
	return nil
}

func (o *containerFlags) parseEnvFrom(r *Request, text string) error {
	kind, name, _ := strings.Cut(text, "/")
	ref, from := corev1.LocalObjectReference{Name: name}, corev1.EnvFromSource{}
	switch strings.ToLower(kind) {
	case "secret", "secrets":
		from.SecretRef, kind = &corev1.SecretEnvSource{LocalObjectReference: ref}, secretKind
	case "configmap", "configmaps", "cm":
		from.ConfigMapRef, kind = &corev1.ConfigMapEnvSource{LocalObjectReference: ref}, configMapKind
	default:
		return fmt.Errorf("invalid value %q for --env-from: must be secret/NAME or configmap/NAME", text)
	}
	r.spec.Container.EnvFrom = append(r.spec.Container.EnvFrom, from)
	return r.names("--env-from", kind, name)
}

func (o *containerFlags) parseFiles(r *Request) error {
	for _, text := range o.Secrets {
		if err := r.mountFiles("--secret", secretKind, text); err != nil {
			return err
		}
	}
	for _, text := range o.ConfigMaps {
		if err := r.mountFiles("--config-map", configMapKind, text); err != nil {
			return err
		}
	}
	if o.Shm == "" {
		return nil
	}
	size, err := quantity.Bytes("--shm-size", o.Shm)
	r.spec.Storage.Shm = &size
	return err
}

// mountFiles reads NAME:/path of a Secret or a ConfigMap.
func (r *Request) mountFiles(flag string, kind kind, text string) error {
	name, at, ok := strings.Cut(text, ":")
	if !ok {
		return fmt.Errorf("invalid value %q for %s: must be NAME:/path", text, flag)
	}
	at, err := mountPath(flag, text, at)
	if err != nil {
		return err
	}
	files := spec.Files{Path: at}
	if kind == secretKind {
		files.Secret = name
	} else {
		files.ConfigMap = name
	}
	r.spec.Storage.Files = append(r.spec.Storage.Files, files)
	return r.names(flag, kind, name)
}

func (o *containerFlags) parseRunAs(r *Request) error {
	if o.RunAs == "" {
		return nil
	}
	user, err := spec.ParseUser(o.RunAs)
	if err != nil {
		return fmt.Errorf("invalid value %q for --run-as: %w", o.RunAs, err)
	}
	r.spec.RunAs = user
	return nil
}

// isVariable says what is wrong with the name of a variable.
func isVariable(name string) error {
	if problems := validation.IsEnvVarName(name); len(problems) > 0 {
		return fmt.Errorf("invalid variable name %q: %s", name, spelling.Rule(problems))
	}
	return nil
}
