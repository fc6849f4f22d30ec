package exit

import (
	"errors"
	"slices"
	"strings"

	"k8s.io/cli-runtime/pkg/genericclioptions"
)

// Format returns the usage error for format, the value of -o, from a printer's error. others are formats that the
// printers do not know.
func Format(format string, err error, others ...string) error {
	unknown, ok := errors.AsType[genericclioptions.NoCompatiblePrinterError](err)
	if !ok {
		return Usagef("invalid value %q for -o: %w", format, err)
	}
	formats := slices.Concat(others, unknown.AllowedFormats)
	slices.Sort(formats)
	return Usagef("invalid value %q for -o: must be one of %s", format, strings.Join(slices.Compact(formats), ", "))
}
