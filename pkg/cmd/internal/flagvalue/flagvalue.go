// Package flagvalue parses the values of flags that several verbs have: --dry-run, -o, --timeout and --fail-fast,
// and of flags for numbers and optional booleans.
// It also words the errors of local files that flags name.
package flagvalue

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/kubectl-batch/kubectl-batch/pkg/duration"
)

// The values of --dry-run.
const (
	DryRunNone   = "none"
	DryRunClient = "client"
	DryRunServer = "server"
)

// DryRuns returns the values of --dry-run.
func DryRuns() []string { return []string{DryRunNone, DryRunClient, DryRunServer} }

// AddDryRun declares --dry-run. Without a value, it means client, as in kubectl.
func AddDryRun(flags *pflag.FlagSet, value *string, usage string) {
	flags.StringVar(value, "dry-run", DryRunNone, usage)
	flags.Lookup("dry-run").NoOptDefVal = DryRunClient
}

// CheckDryRun returns an error if text is not a value of --dry-run.
func CheckDryRun(text string) error {
	return CheckChoice("--dry-run", text, DryRuns()...)
}

// CheckFormat returns an error if the value of -o is neither empty nor one of formats.
func CheckFormat(text string, formats ...string) error {
	if text == "" {
		return nil
	}
	return CheckChoice("-o", text, formats...)
}

// CheckChoice returns an error if text, the value of flag, is not one of choices.
func CheckChoice(flag, text string, choices ...string) error {
	if slices.Contains(choices, text) {
		return nil
	}
	last := len(choices) - 1
	allowed := choices[last]
	if last > 0 {
		allowed = strings.Join(choices[:last], ", ") + " or " + allowed
	}
	return fmt.Errorf("invalid value %q for %s: must be %s", text, flag, allowed)
}

// ParseTimeLimit parses how long to wait; empty text means 0, no limit.
func ParseTimeLimit(flag, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	length, err := duration.Parse(text)
	if isZero := err == nil && length == 0; isZero || strings.Trim(text, "0") == "" {
		return 0, fmt.Errorf("invalid value %q for %s: must be longer than 0, such as 30s or 5m", text, flag)
	}
	if err != nil {
		return 0, fmt.Errorf("invalid value %q for %s: %w", text, flag, err)
	}
	return length, nil
}
