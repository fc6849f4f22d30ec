package jobflags

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
)

// parseEnvFile reads a file with one variable per line: KEY=VALUE without any expansion, or KEY for the value on the
// local machine. As in kubectl and docker, empty lines and lines that begin with # are skipped.
func (o *containerFlags) parseEnvFile(p *parser) error {
	if o.EnvFile == "" {
		return nil
	}
	data, err := p.readFile(o.EnvFile, spec.MostBytes)
	if err != nil {
		return fmt.Errorf("--env-file=%s: %w", o.EnvFile, err)
	}
	number := 0
	for line := range bytes.Lines(bytes.TrimPrefix(data, []byte(byteOrderMark))) {
		number++
		if err := p.parseEnvLine(line); err != nil {
			return fmt.Errorf("--env-file=%s, line %d: %w", o.EnvFile, number, err)
		}
	}
	return nil
}

func (p *parser) parseEnvLine(line []byte) error {
	text := strings.TrimLeft(strings.TrimRight(string(line), "\r\n"), " \t")
	switch {
	case !utf8.ValidString(text):
		return errors.New("invalid UTF-8")
	case text == "" || text[0] == '#':
		return nil
	}
	key, value, typed := strings.Cut(text, "=")
	if err := checkVariableName(key); err != nil {
		return err
	}
	if !typed {
		local, ok := p.factory.LookupEnv(key)
		if !ok {
			return fmt.Errorf("variable %s is not set on the local machine; use %s=VALUE", key, key)
		}
		value = local
	}
	p.noteSecret(key)
	p.setVariable(corev1.EnvVar{Name: key, Value: spec.Literal(value)})
	return nil
}
