// Package quantity reads amounts of CPU, memory and other resources that a flag has as its value.
package quantity

import (
	"fmt"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
)

// mostCPUs is more than a node has: what is above it has a wrong unit.
const mostCPUs = 1000

// Amount parses an amount above 0 of any resource; example is a valid value for the error message.
func Amount(flag, text, example string) (resource.Quantity, error) {
	amount, err := resource.ParseQuantity(text)
	switch {
	case err != nil:
		return resource.Quantity{}, fmt.Errorf("invalid value %q for %s: %s", text, flag, problem(text, example))
	case amount.Sign() <= 0:
		return resource.Quantity{}, fmt.Errorf("invalid value %q for %s: must be above 0", text, flag)
	}
	return amount, nil
}

// CPUs reads a number of CPUs.
func CPUs(flag, text string) (resource.Quantity, error) {
	amount, err := Amount(flag, text, "4 or 500m")
	if err == nil && amount.Cmp(*resource.NewQuantity(mostCPUs, resource.DecimalSI)) > 0 {
		err = fmt.Errorf("invalid value %q for %s: must be at most %d CPUs", text, flag, mostCPUs)
	}
	return amount, err
}

// leastBytes is less than any program needs: a smaller amount lacks its unit.
const leastBytes = 1 << 20

// Bytes reads a whole number of bytes.
func Bytes(flag, text string) (resource.Quantity, error) {
	const example = "4Gi or 500Mi"
	amount, err := Amount(flag, text, example)
	switch {
	case err != nil:
		return amount, err
	case strings.HasSuffix(text, "m"):
		return amount, fmt.Errorf("invalid value %q for %s: m means thousandths of a byte; use %sM or %sMi", text, flag, number(text), number(text))
	case !spec.IsWholeNumber(amount):
		return amount, fmt.Errorf("invalid value %q for %s: must be a whole number of bytes, such as %s", text, flag, example)
	case amount.Value() < leastBytes:
		return amount, fmt.Errorf("invalid value %q for %s: less than 1Mi; add a unit, such as %s", text, flag, example)
	}
	return amount, nil
}

var withUnit = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+)$`)

func number(text string) string { return strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyz") }

// problem describes why a text is not a quantity.
func problem(text, example string) string {
	match := withUnit.FindStringSubmatch(strings.TrimSpace(text))
	if match == nil {
		return "must be a quantity such as " + example
	}
	number, unit := match[1], match[2]
	if meant := unitsLike(unit); meant != nil {
		for i, unit := range meant {
			meant[i] = number + unit
		}
		return fmt.Sprintf("unknown unit %s; use %s", unit, strings.Join(meant, " or "))
	}
	return fmt.Sprintf("unknown unit %s; must be a quantity such as %s", unit, example)
}

// unitsLike returns the units of Kubernetes that an unknown one can stand for; nil for none.
func unitsLike(unit string) []string {
	lower := strings.ToLower(unit)
	switch lower {
	case "core", "cores", "cpu", "cpus", "vcpu", "vcpus":
		return []string{""}
	case "millicpu", "millicores", "millicore":
		return []string{"m"}
	}
	short := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(lower, "ytes"), "yte"), "b")
	for _, prefix := range []string{"K", "M", "G", "T", "P"} {
		decimal := strings.Replace(prefix, "K", "k", 1)
		switch short {
		case strings.ToLower(prefix) + "i":
			return []string{prefix + "i"}
		case strings.ToLower(prefix):
			return []string{decimal, prefix + "i"}
		}
	}
	return nil
}
