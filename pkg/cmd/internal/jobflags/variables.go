package jobflags

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/submit"
)

// parseVariables sets the environment variables. Whole sets of variables precede, so that a flag for one variable
// replaces its value.
func (o *containerFlags) parseVariables(p *parser) error {
	if err := o.parseS3(p); err != nil {
		return err
	}
	if err := o.parseEnvFile(p); err != nil {
		return err
	}
	for _, text := range o.Env {
		key, value, err := p.parseVariable("--env", text)
		if err != nil {
			return err
		}
		p.noteSecret(key)
		p.setVariable(corev1.EnvVar{Name: key, Value: value})
	}
	for _, text := range o.SecretEnv {
		key, value, err := p.parseVariable("--secret-env", text)
		if err != nil {
			return err
		}
		if p.job.SecretVariables == nil {
			p.job.SecretVariables = map[string]string{}
		}
		p.job.SecretVariables[key] = value
	}
	return nil
}

func (o *containerFlags) parseS3(p *parser) error {
	if o.S3Secret == "" {
		return nil
	}
	for _, key := range submit.S3Keys() {
		p.setVariable(spec.FromSecret(key, o.S3Secret, key, false))
	}
	for _, key := range []string{"AWS_ENDPOINT_URL", "AWS_REGION"} {
		p.setVariable(spec.FromSecret(key, o.S3Secret, key, true))
	}
	return p.addReference("--s3-secret", submit.SecretKind, o.S3Secret)
}

// parseVariable parses KEY=VALUE, or KEY for the value on the local machine.
func (p *parser) parseVariable(flag, text string) (key, value string, err error) {
	key, value, typed := strings.Cut(text, "=")
	shown := text
	if flag == "--secret-env" && typed {
		shown = key + "=..."
	}
	if err := checkVariableName(key); err != nil {
		return "", "", fmt.Errorf("invalid value %q for %s: %w", shown, flag, err)
	}
	if typed {
		return key, value, nil // as in a manifest, Kubernetes expands $(OTHER) in --env
	}
	value, ok := p.factory.LookupEnv(key)
	if !ok {
		return "", "", fmt.Errorf("invalid value %q for %s: variable %s is not set on the local machine; use %s=%s=VALUE", text, flag, key, flag, key)
	}
	if flag == "--env" {
		value = spec.Literal(value)
	}
	return key, value, nil
}

// setVariable sets a variable. The last value of a name counts.
func (p *parser) setVariable(variable corev1.EnvVar) {
	container := &p.job.Spec.Container
	container.Env = spec.SetVariable(container.Env, variable)
}

// noteSecret adds a note if the name of a variable suggests a secret value.
func (p *parser) noteSecret(key string) {
	if looksSecret(key) {
		p.note(fmt.Sprintf("Note: every user who can read the job can read variable %s; use --secret-env=%s to store it in a Secret", key, key))
	}
}

// looksSecret reports whether variables with such a name usually have secret values.
func looksSecret(key string) bool {
	name := strings.ToUpper(key)
	for _, suffix := range []string{"_TOKEN", "_KEY", "_SECRET"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return strings.Contains(name, "PASSWORD") || strings.Contains(name, "PASSWD")
}
