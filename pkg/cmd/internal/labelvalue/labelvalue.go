// Package labelvalue parses flags with labels, annotations and names of objects.
package labelvalue

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/spelling"
)

// CheckObjectName returns an error for a name that no object can have.
func CheckObjectName(flag, text, name string) error {
	if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 {
		return fmt.Errorf("invalid value %q for %s: invalid name %q: %s", text, flag, name, spelling.Rule(problems))
	}
	return nil
}

// ParseLabels parses the labels that a flag sets, each as KEY=VALUE. Keys of this program are refused.
func ParseLabels(flag string, texts []string) (map[string]string, error) {
	return parse(flag, texts, validation.IsValidLabelValue)
}

// ParseAnnotations is ParseLabels for annotations, whose values can be any text.
func ParseAnnotations(flag string, texts []string) (map[string]string, error) {
	return parse(flag, texts, func(string) []string { return nil })
}

// parsePair parses KEY=VALUE. check returns what is wrong with a value.
func parsePair(flag, text string, check func(string) []string) (key, value string, err error) {
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
	if problems := check(value); len(problems) > 0 {
		return "", "", fmt.Errorf("invalid value %q for %s: invalid label value %q: %s", text, flag, value, spelling.Rule(problems))
	}
	return key, value, nil
}

func parse(flag string, texts []string, check func(string) []string) (map[string]string, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	pairs := map[string]string{}
	for _, text := range texts {
		key, value, err := parsePair(flag, text, check)
		if err != nil {
			return nil, err
		}
		pairs[key] = value
	}
	return pairs, nil
}
