package submit

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
)

// parseVariables reads what the container finds in its environment. What is named
// whole comes first, so that a single flag wins over it.
func (o *containerFlags) parseVariables(r *Request) error {
	if err := o.parseS3(r); err != nil {
		return err
	}
	if err := o.parseEnvFile(r); err != nil {
		return err
	}
	for _, text := range o.Env {
		key, value, err := r.keyValue("--env", text)
		if err != nil {
			return err
		}
		r.warnOfSecret(key)
		r.variable(key, value)
	}
	for _, text := range o.SecretEnv {
		key, value, err := r.keyValue("--secret-env", text)
		if err != nil {
			return err
		}
		if r.variables == nil {
			r.variables = map[string]string{}
		}
		r.variables[key] = value
	}
	return nil
}

func (o *containerFlags) parseS3(r *Request) error {
	if o.S3Secret == "" {
		return nil
	}
	for _, key := range s3Keys() {
		r.setVariable(spec.FromSecret(key, o.S3Secret, key, false))
	}
	for _, key := range []string{"AWS_ENDPOINT_URL", "AWS_REGION"} {
		r.setVariable(spec.FromSecret(key, o.S3Secret, key, true))
	}
	return r.names("--s3-secret", secretKind, o.S3Secret)
}

// s3Keys are what a Secret for S3 must have.
func s3Keys() []string { return []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} }

// keyValue reads KEY=VALUE, or KEY for a variable of this process.
func (r *Request) keyValue(flag, text string) (key, value string, err error) {
	key, value, typed := strings.Cut(text, "=")
	shown := text
	if flag == "--secret-env" && typed {
		shown = key + "=..."
	}
	if err := isVariable(key); err != nil {
		return "", "", fmt.Errorf("invalid value %q for %s: %w", shown, flag, err)
	}
	if typed {
		return key, value, nil // as in every manifest: $(OTHER) is expanded in --env
	}
	value, ok := r.factory.LookupEnv(key)
	if !ok {
		return "", "", fmt.Errorf("invalid value %q for %s: variable %s is not set on the local machine; use %s=%s=VALUE", text, flag, key, flag, key)
	}
	if flag == "--env" {
		value = spec.Literal(value)
	}
	return key, value, nil
}

func (r *Request) variable(key, value string) { r.setVariable(corev1.EnvVar{Name: key, Value: value}) }

// setVariable has the last one of a name win.
func (r *Request) setVariable(variable corev1.EnvVar) {
	r.spec.Container.Env = spec.SetVariable(r.spec.Container.Env, variable)
}

func (r *Request) warnOfSecret(key string) {
	if looksSecret(key) {
		r.notes = append(r.notes, fmt.Sprintf("Note: every user who can read the job can read variable %s; use --secret-env=%s to store it in a Secret", key, key))
	}
}

// looksSecret reports whether people keep secrets in variables of such names.
func looksSecret(key string) bool {
	name := strings.ToUpper(key)
	for _, end := range []string{"_TOKEN", "_KEY", "_SECRET"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return strings.Contains(name, "PASSWORD") || strings.Contains(name, "PASSWD")
}
