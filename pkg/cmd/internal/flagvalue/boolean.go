package flagvalue

import (
	"errors"
	"strconv"

	"github.com/spf13/pflag"
)

// AddOptionalBool declares a boolean flag. Without the flag, *value stays nil.
func AddOptionalBool(flags *pflag.FlagSet, value **bool, name, usage string) {
	flags.Var(optionalBool{value}, name, usage)
	flags.Lookup(name).NoOptDefVal = "true"
}

// optionalBool is the value of a boolean flag that may be unset.
type optionalBool struct{ value **bool }

// String implements pflag.Value.
func (b optionalBool) String() string {
	if b.value == nil || *b.value == nil {
		return ""
	}
	return strconv.FormatBool(**b.value)
}

// Set implements pflag.Value.
func (b optionalBool) Set(text string) error {
	value, err := strconv.ParseBool(text)
	if err != nil {
		return errors.New("must be true or false")
	}
	*b.value = &value
	return nil
}

// Type implements pflag.Value.
func (optionalBool) Type() string { return "bool" }
