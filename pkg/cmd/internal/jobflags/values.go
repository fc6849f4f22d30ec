package jobflags

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/duration"
)

// numberVar declares a flag for a whole number of at least minimum. Without the flag, *value stays nil.
func numberVar(flags *pflag.FlagSet, value **int32, name string, minimum int32, usage string) {
	flags.Var(number{value, minimum}, name, usage)
}

// number is the value of an optional flag for a whole number.
type number struct {
	value   **int32
	minimum int32
}

// String returns the value as typed.
func (n number) String() string {
	if n.value == nil || *n.value == nil {
		return ""
	}
	return strconv.Itoa(int(**n.value))
}

// Set parses a number.
func (n number) Set(text string) error {
	parsed, err := strconv.ParseInt(text, 10, 32)
	if err != nil || int32(parsed) < n.minimum {
		return fmt.Errorf("must be a whole number from %d to %d", n.minimum, math.MaxInt32)
	}
	short := int32(parsed)
	*n.value = &short
	return nil
}

// Type returns the type for help.
func (number) Type() string { return "int" }

// parseSeconds parses a duration of whole seconds that fits the API.
func parseSeconds(flag, text string, minimum time.Duration) (int64, error) {
	length, err := duration.Parse(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("invalid value %q for %s: %w", text, flag, err)
	case length%time.Second != 0:
		return 0, fmt.Errorf("invalid value %q for %s: must be a whole number of seconds", text, flag)
	case length < minimum:
		return 0, fmt.Errorf("invalid value %q for %s: must be at least %s", text, flag, minimum)
	case length.Seconds() > math.MaxInt32:
		return 0, fmt.Errorf("invalid value %q for %s: must be at most 68 years", text, flag)
	}
	return int64(length / time.Second), nil
}

func parseMountPath(flag, text, path string) (string, error) {
	clean, err := claim.MountPath(path)
	if err == nil && strings.Contains(clean, ":") {
		err = fmt.Errorf("mount path %q contains a colon", path)
	}
	if err != nil {
		return "", fmt.Errorf("invalid value %q for %s: %w", text, flag, err)
	}
	return clean, nil
}
