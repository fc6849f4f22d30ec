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
	flags.StringVar(&o.Image, "image", "", "Container image to run")
	flags.BoolVar(&o.Args, "args", false, "What follows -- are arguments to the image's ENTRYPOINT, and do not replace it")
	flags.StringArrayVar(&o.Cmd, "cmd", nil, "A line for the shell, exactly as it is (repeatable): they run one after the other in one shell, until one fails")
	flags.StringVar(&o.Script, "script", "", "Run this local file (- for stdin, 1 MiB at most), as the program on its #! line; what follows -- are its arguments")
	flags.StringVar(&o.Shell, "shell", "", "Shell for --cmd, and for a --script without #! line (default sh); with bash a pipe in --cmd fails with any of its parts")
	flags.StringArrayVarP(&o.Env, "env", "e", nil, "Variable as KEY=VALUE, or KEY for what it is here (repeatable)")
	flags.StringArrayVar(&o.SecretEnv, "secret-env", nil, "The same, kept in a Secret that the job owns (repeatable)")
	flags.StringVar(&o.EnvFile, "env-file", "", "File with a variable on each line, as KEY=VALUE or KEY")
	flags.StringArrayVar(&o.EnvFrom, "env-from", nil, "All entries of secret/NAME or configmap/NAME as variables (repeatable)")
	flags.StringVar(&o.WorkDir, "workdir", "", "Folder to start in (default: the image's own)")
	flags.StringVar(&o.PullPolicy, "image-pull-policy", "", "When to pull the image: Always, IfNotPresent or Never")
	flags.StringArrayVar(&o.PullSecrets, "image-pull-secret", nil, "Secret for the image's registry (repeatable)")
	flags.StringVar(&o.ServiceAccount, "service-account", "", "Service account of the pods")
	flags.StringVar(&o.Shm, "shm-size", "", "Size of /dev/shm, such as 8Gi; what is in it counts as memory")
	flags.StringArrayVar(&o.Secrets, "secret", nil, "Mount a Secret, as NAME:/path (repeatable)")
	flags.StringArrayVar(&o.ConfigMaps, "config-map", nil, "Mount a ConfigMap, as NAME:/path (repeatable)")
	flags.StringVar(&o.RunAs, "run-as", "", "User of the pods, as UID[:GID], with all that the Pod Security Standard \"restricted\" asks for")
}

func (o *containerFlags) addS3To(flags *pflag.FlagSet) {
	flags.StringVar(&o.S3Secret, "s3-secret", "", "Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and if need be AWS_ENDPOINT_URL and AWS_REGION, for the container")
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
		return errors.New("--image is missing: the container image to run")
	case o.Image != strings.TrimSpace(o.Image) || strings.ContainsAny(o.Image, " \t\n"):
		return fmt.Errorf("--image=%q: an image has no spaces in its name", o.Image)
	case !slices.Contains([]string{"", "Always", "IfNotPresent", "Never"}, o.PullPolicy):
		return fmt.Errorf("--image-pull-policy=%q: Always, IfNotPresent or Never is expected", o.PullPolicy)
	case o.WorkDir != "" && !path.IsAbs(o.WorkDir):
		return fmt.Errorf("--workdir=%q: a path that begins with / is expected", o.WorkDir)
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
		return fmt.Errorf("--env-from=%q: secret/NAME or configmap/NAME is expected", text)
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
		return fmt.Errorf("%s=%q: NAME:/path is expected", flag, text)
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
		return fmt.Errorf("--run-as: %w", err)
	}
	r.spec.RunAs = user
	return nil
}

// isVariable says what is wrong with the name of a variable.
func isVariable(name string) error {
	if problems := validation.IsEnvVarName(name); len(problems) > 0 {
		return fmt.Errorf("%q is not the name of a variable: %s", name, problems[0])
	}
	return nil
}
