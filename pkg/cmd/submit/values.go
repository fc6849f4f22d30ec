package submit

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/duration"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/spelling"
)

// numberVar declares a flag for a whole number of at least that much. Usage says what holds
// without it.
func numberVar(flags *pflag.FlagSet, to **int32, name string, least int32, usage string) {
	flags.Var(number{to, least}, name, usage)
}

// number is a flag for a whole number that may be left out.
type number struct {
	to    **int32
	least int32
}

// String returns what was typed.
func (n number) String() string {
	if n.to == nil || *n.to == nil {
		return ""
	}
	return strconv.Itoa(int(**n.to))
}

// Set reads a number.
func (n number) Set(text string) error {
	value, err := strconv.ParseInt(text, 10, 32)
	if err != nil || int32(value) < n.least {
		return fmt.Errorf("must be a whole number from %d to %d", n.least, math.MaxInt32)
	}
	short := int32(value)
	*n.to = &short
	return nil
}

// Type is how help calls it.
func (number) Type() string { return "int" }

// parseSeconds reads a duration of whole seconds, at most as many as the API holds.
func parseSeconds(flag, text string, least time.Duration) (int64, error) {
	length, err := duration.Parse(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("invalid value %q for %s: %w", text, flag, err)
	case length%time.Second != 0:
		return 0, fmt.Errorf("invalid value %q for %s: must be a whole number of seconds", text, flag)
	case length < least:
		return 0, fmt.Errorf("invalid value %q for %s: must be at least %s", text, flag, least)
	case length.Seconds() > math.MaxInt32:
		return 0, fmt.Errorf("invalid value %q for %s: must be at most 68 years", text, flag)
	}
	return int64(length / time.Second), nil
}

func mountPath(flag, text, at string) (string, error) {
	clean, err := claim.MountPath(at)
	if err == nil && strings.Contains(clean, ":") {
		err = fmt.Errorf("mount path %q contains a colon", at)
	}
	if err != nil {
		return "", fmt.Errorf("invalid value %q for %s: %w", text, flag, err)
	}
	return clean, nil
}

// parseLabel reads KEY=VALUE as a label.
func parseLabel(flag, text string) (key, value string, err error) {
	key, value, ok := strings.Cut(text, "=")
	if !ok {
		return "", "", fmt.Errorf("invalid value %q for %s: must be KEY=VALUE", text, flag)
	}
	if problems := validation.IsQualifiedName(key); len(problems) > 0 {
		return "", "", fmt.Errorf("invalid value %q for %s: invalid key %q: %s", text, flag, key, spelling.Rule(problems))
	}
	if provenance.Reserved(key) {
		return "", "", fmt.Errorf("invalid value %q for %s: key %q is reserved for kubectl-batch", text, flag, key)
	}
	if problems := validation.IsValidLabelValue(value); len(problems) > 0 && flag != "--annotation" {
		return "", "", fmt.Errorf("invalid value %q for %s: invalid label value %q: %s", text, flag, value, spelling.Rule(problems))
	}
	return key, value, nil
}

// parseLabels reads several.
func parseLabels(flag string, texts []string) (map[string]string, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	labels := map[string]string{}
	for _, text := range texts {
		key, value, err := parseLabel(flag, text)
		if err != nil {
			return nil, err
		}
		labels[key] = value
	}
	return labels, nil
}
