package fetch

import (
	"fmt"
	"strconv"
)

// maxStreams is the limit of --parallel. More streams only wait for each other.
const maxStreams = 64

// streamCount is the value of --parallel. Without the flag, the number stays 0, which is not a valid value.
type streamCount struct{ value *int }

// String implements pflag.Value.
func (c streamCount) String() string {
	if c.value == nil || *c.value == 0 {
		return ""
	}
	return strconv.Itoa(*c.value)
}

// Set implements pflag.Value.
func (c streamCount) Set(text string) error {
	count, err := strconv.Atoi(text)
	if err != nil || count < 1 || count > maxStreams {
		return fmt.Errorf("must be a number from 1 to %d", maxStreams)
	}
	*c.value = count
	return nil
}

// Type implements pflag.Value.
func (streamCount) Type() string { return "int" }
