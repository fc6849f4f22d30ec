package submit

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
)

// parseEnvFile reads a file with a variable on each line: KEY=VALUE as it stands, or
// KEY for a variable of this process. Empty lines and those that begin with # are
// left out, as kubectl and docker do.
func (o *containerFlags) parseEnvFile(r *Request) error {
	if o.EnvFile == "" {
		return nil
	}
	data, err := r.read(o.EnvFile, spec.MostBytes)
	if err != nil {
		return fmt.Errorf("--env-file=%s: %w", o.EnvFile, err)
	}
	number := 0
	for line := range bytes.Lines(bytes.TrimPrefix(data, []byte("\ufeff"))) { // a byte order mark, as some editors write
		number++
		if err := r.envLine(line); err != nil {
			return fmt.Errorf("--env-file=%s, line %d: %w", o.EnvFile, number, err)
		}
	}
	return nil
}

func (r *Request) envLine(line []byte) error {
	text := strings.TrimLeft(strings.TrimRight(string(line), "\r\n"), " \t")
	switch {
	case !utf8.ValidString(text):
		return errors.New("invalid UTF-8")
	case text == "" || text[0] == '#':
		return nil
	}
	key, value, typed := strings.Cut(text, "=")
	if err := isVariable(key); err != nil {
		return err
	}
	if !typed {
		here, ok := r.factory.LookupEnv(key)
		if !ok {
			return fmt.Errorf("variable %s is not set on the local machine; use %s=VALUE", key, key)
		}
		value = here
	}
	r.warnOfSecret(key)
	r.variable(key, spec.Literal(value))
	return nil
}
