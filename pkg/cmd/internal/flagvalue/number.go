package flagvalue

import (
	"fmt"
	"math"
	"strconv"

	"github.com/spf13/pflag"
)

// AddNumber declares a flag for a whole number from minimum to maximum. The default, the current *value, can be outside
// this range.
func AddNumber(flags *pflag.FlagSet, value *int, name string, minimum, maximum int, usage string) {
	flags.Var(number{value, minimum, maximum}, name, usage)
}

// AddOptionalNumber declares a flag for a whole number of at least minimum. Without the flag, *value stays nil.
func AddOptionalNumber(flags *pflag.FlagSet, value **int32, name string, minimum int32, usage string) {
	flags.Var(optionalNumber{value, minimum}, name, usage)
}

// number is the value of a flag that has a default.
type number struct {
	value            *int
	minimum, maximum int
}

// String implements pflag.Value.
func (n number) String() string {
	if n.value == nil {
		return ""
	}
	return strconv.Itoa(*n.value)
}

// Set implements pflag.Value.
func (n number) Set(text string) error {
	parsed, err := strconv.Atoi(text)
	if err != nil || parsed < n.minimum || parsed > n.maximum {
		return fmt.Errorf("must be a number from %d to %d", n.minimum, n.maximum)
	}
	*n.value = parsed
	return nil
}

// Type implements pflag.Value.
func (number) Type() string { return "int" }

// optionalNumber is the value of a flag that may be unset.
type optionalNumber struct {
	value   **int32
	minimum int32
}

// String implements pflag.Value.
func (n optionalNumber) String() string {
	if n.value == nil || *n.value == nil {
		return ""
	}
	return strconv.Itoa(int(**n.value))
}

// Set implements pflag.Value.
func (n optionalNumber) Set(text string) error {
	parsed, err := strconv.ParseInt(text, 10, 32)
	if err != nil || int32(parsed) < n.minimum {
		return fmt.Errorf("must be a whole number from %d to %d", n.minimum, math.MaxInt32)
	}
	short := int32(parsed)
	*n.value = &short
	return nil
}

// Type implements pflag.Value.
func (optionalNumber) Type() string { return "int" }
