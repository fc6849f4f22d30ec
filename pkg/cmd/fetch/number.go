package fetch

import (
	"fmt"
	"strconv"
)

// The limits of --parallel and --retries.
const (
	// maxStreams limits --parallel. More streams only wait for each other.
	maxStreams = 64
	// defaultRetries is the default of --retries. The pauses double and take half a minute together, which is enough for a
	// short outage of a network or a node.
	defaultRetries = 5
	// maxRetries limits --retries, and therefore the sum of all pauses, to a day.
	maxRetries = 100
)

// number is the value of a flag for a whole number from minimum to maximum. The default can be outside this range.
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
